//! HTTP: reads of the page and of its data, and nothing else.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use oxhttp::Server;
use oxhttp::model::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use oxhttp::model::{Body, HeaderValue, Method, Request, Response, StatusCode};

use super::answer::{Answer, Refusal};
use super::guard::{self, Hosts, Token};
use super::parameters::Parameters;
use super::{Shown, api};
use crate::page;

/// More connections than a few open pages need wait.
const CONNECTIONS: usize = 32;

/// A connection on which nothing happens is closed.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A server that listens.
pub(crate) struct Listening {
    server: oxhttp::ListeningServer,
    token: Token,
}

impl Listening {
    /// The secret that an address needs.
    pub(crate) fn token(&self) -> &str {
        self.token.text()
    }

    /// Serves for ever.
    pub(crate) fn join(self) -> io::Result<()> {
        self.server.join()
    }
}

/// Listens at an address.
pub(crate) fn listen(shown: Shown, address: SocketAddr, hosts: Hosts) -> io::Result<Listening> {
    let token = Token::random();
    let service = Service {
        shown: Arc::new(shown),
        hosts,
        token: token.clone(),
        policy: page::policy(page::Served::ByServer),
    };
    let server = Server::new(move |request| service.respond(request))
        .bind(address)
        .with_global_timeout(TIMEOUT)
        .with_max_concurrent_connections(CONNECTIONS)
        .spawn()?;
    Ok(Listening { server, token })
}

/// JSON that is no HTML either, whatever a program takes it for.
fn body(json: &str) -> Body {
    Body::from(json.replace('<', "\\u003c"))
}

struct Service {
    shown: Arc<Shown>,
    hosts: Hosts,
    token: Token,
    policy: String,
}

impl Service {
    fn respond(&self, request: &Request<Body>) -> Response<Body> {
        let answer = self.answer(request);
        let (status, kind, content) = match answer {
            Ok(Answer::Html(html)) => (200, "text/html; charset=utf-8", Body::from(html)),
            Ok(Answer::Json(json)) => (200, "application/json", body(&json)),
            Ok(Answer::Csv(rows)) => (200, "text/csv; charset=utf-8", Body::from_read(rows)),
            Err(refusal) if request.uri().path().starts_with("/api/") => {
                (refusal.status, "application/json", body(&refusal.body()))
            }
            // A person reads it.
            Err(refusal) => (
                refusal.status,
                "text/plain; charset=utf-8",
                Body::from(refusal.text()),
            ),
        };
        let is_head = request.method() == Method::HEAD;
        let mut response = Response::new(if is_head { Body::empty() } else { content });
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            // Every value is one of ours, and visible ASCII.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(CONTENT_TYPE, kind);
        set(CONTENT_SECURITY_POLICY, &self.policy);
        set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(CACHE_CONTROL, "no-store");
        set(X_FRAME_OPTIONS, "DENY");
        set(REFERRER_POLICY, "no-referrer");
        set(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
        set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        );
        if status == 405 {
            set(ALLOW, "GET, HEAD");
        }
        if kind.starts_with("text/csv") {
            set(CONTENT_DISPOSITION, "attachment; filename=\"runs.csv\"");
        }
        response
    }

    fn answer(&self, request: &Request<Body>) -> Result<Answer, Refusal> {
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return Err(Refusal::new(405, "this server only reads", "use GET"));
        }
        let parameters = Parameters::read(request.uri().query().unwrap_or_default())?;
        let token = parameters.get("token");
        guard::check(request.headers(), token, &self.hosts, &self.token)?;
        match request.uri().path() {
            "/" => match self.shown.page() {
                Ok(html) => Ok(Answer::Html(html)),
                Err(error) => Err(Refusal::new(500, error.to_string(), "")),
            },
            path => match path.strip_prefix("/api/") {
                Some(what) => api::answer(&self.shown, what, &parameters),
                None => Err(Refusal::new(404, "there is nothing here", "open `/`")),
            },
        }
    }
}
