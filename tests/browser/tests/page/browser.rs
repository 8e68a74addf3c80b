//! Chromium, driven through its own driver.

use std::fs;
use std::future::Future;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value as Json, json};
use tokio::runtime::{Builder, Runtime};

/// A window; it is closed with the value.
pub(crate) struct Browser {
    runtime: Runtime,
    client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

/// The sizes in which every view is shown: a desktop and a phone.
pub(crate) const SIZES: [(u32, u32); 2] = [(1280, 900), (390, 800)];

/// A view has this much time to appear.
const PATIENCE: Duration = Duration::from_secs(30);

/// Without a network of its own, and without files of other users.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
];

impl Browser {
    /// A new window. `None`, with a report, if there is no browser.
    pub(crate) fn start() -> Option<Self> {
        if postgres_server::left_out("chromium") {
            return None;
        }
        if !answers("chromedriver") {
            let name = std::thread::current().name().unwrap_or("a test").to_owned();
            postgres_server::missing(&format!(
                "{name} needs Chromium (on Debian: `apt-get install chromium chromium-driver`)"
            ));
            return None;
        }
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the driver answers", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        let profile = tempfile::tempdir().unwrap();
        let folder = format!("--user-data-dir={}", profile.path().display());
        let arguments = ARGUMENTS.iter().map(|argument| (*argument).to_owned());
        let arguments = arguments.chain([folder]).collect::<Vec<_>>();
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".into(), json!({ "args": arguments }));
        capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let address = format!("http://127.0.0.1:{port}");
        let connected = runtime
            .block_on(async { tokio::time::timeout(PATIENCE, builder.connect(&address)).await });
        let client = connected.unwrap().unwrap();
        let browser = Browser {
            runtime,
            client,
            driver,
            _profile: profile,
        };
        browser.resize(SIZES[0]);
        Some(browser)
    }

    fn run<T>(&self, work: impl Future<Output = Result<T, CmdError>>) -> T {
        let work = async { tokio::time::timeout(PATIENCE, work).await };
        self.runtime.block_on(work).unwrap().unwrap()
    }

    /// Sends a command that only Chromium knows.
    fn command(&self, path: &'static str, body: Json) -> Json {
        self.run(self.client.issue_cmd(Extra { path, body }))
    }

    pub(crate) fn resize(&self, (width, height): (u32, u32)) {
        let parameters = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": parameters });
        self.command("goog/cdp/execute", command);
    }

    /// Goes to an address, and waits until its view is drawn.
    pub(crate) fn open(&self, url: &str) {
        // If only the part after `#` changed, the page would not be loaded again.
        self.run(self.client.goto("about:blank"));
        self.run(self.client.goto(url));
        self.settle();
    }

    /// Shows another view of the same page.
    pub(crate) fn show(&self, state: &str) {
        self.js(
            "document.getElementById('main').dataset.view = ''; \
             const before = location.hash; \
             location.hash = arguments[0]; \
             if (location.hash === before) dispatchEvent(new Event('hashchange'));",
            &[json!(state)],
        );
        self.settle();
    }

    /// Waits until the view is there, with its charts.
    pub(crate) fn settle(&self) {
        self.wait(
            "const main = document.getElementById('main'); \
             return Boolean(main?.dataset.view) && !main.hasAttribute('aria-busy') \
               && [...document.querySelectorAll('.chart')].every((chart) => chart.dataset.drawn);",
        );
    }

    /// Waits until a script returns true.
    pub(crate) fn wait(&self, script: &str) {
        until(script, || self.js(script, &[]) == true);
    }

    pub(crate) fn js(&self, script: &str, arguments: &[Json]) -> Json {
        self.run(self.client.execute(script, arguments.to_vec()))
    }

    /// The text of an element.
    pub(crate) fn text(&self, selector: &str) -> String {
        let element = self.run(self.client.find(Locator::Css(selector)));
        self.run(element.text())
    }

    /// How many elements there are.
    pub(crate) fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length;";
        self.js(script, &[json!(selector)]).as_u64().unwrap()
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.run(self.client.find(Locator::Css(selector)));
        self.run(element.click());
    }

    /// Types into a field, in the place of what is there.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.run(self.client.find(Locator::Css(selector)));
        self.run(element.clear());
        self.run(element.send_keys(text));
    }

    /// Presses keys where the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let element = self.run(self.client.active_element());
        self.run(element.send_keys(keys));
    }

    /// What the console says: errors of scripts, and everything that the policy of the page refused.
    pub(crate) fn log(&self) -> Vec<String> {
        let entries = self.command("se/log", json!({ "type": "browser" }));
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| format!("{}: {}", entry["level"], entry["message"]))
            .collect()
    }

    /// Keeps a picture of the whole page.
    pub(crate) fn screenshot(&self, name: &str) {
        let parameters = json!({ "captureBeyondViewport": true });
        let command = json!({ "cmd": "Page.captureScreenshot", "params": parameters });
        let picture = self.command("goog/cdp/execute", command);
        let folder = pictures();
        fs::create_dir_all(&folder).unwrap();
        // A picture that cannot be kept is no failure of the page.
        let _ = fs::write(
            folder.join(format!("{name}.png")),
            STANDARD.decode(picture["data"].as_str().unwrap()).unwrap(),
        );
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let close = self.client.clone().close();
        let close = async { tokio::time::timeout(PATIENCE, close).await };
        let _ = self.runtime.block_on(close);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where the pictures are.
pub(crate) fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser")
}

/// A port that nobody listens on; the listener that found it is gone with this function.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn answers(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A command of Chromium's driver.
#[derive(Debug)]
struct Extra {
    path: &'static str,
    body: Json,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = Some(self.body.to_string());
        (http::Method::POST, body)
    }
}
