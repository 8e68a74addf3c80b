//! HTTP: reads of the page and of its data, and nothing else.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::answer::{Answer, Refusal, Rows};
use super::guard::{self, Hosts, Token};
use super::parameters::Parameters;
use super::{Shown, api, connections};
use crate::page;

/// A server that listens, and does not answer yet.
pub(crate) struct Listening {
    listener: TcpListener,
    service: Service,
}

impl Listening {
    /// The secret that an address needs.
    pub(crate) fn token(&self) -> &str {
        self.service.token.text()
    }

    /// Answers for ever.
    pub(crate) fn serve(self) -> io::Result<()> {
        connections::serve(self.listener, Arc::new(self.service))
    }
}

/// A server with a new token.
pub(crate) fn listen(shown: Shown, listener: TcpListener, hosts: Hosts) -> Listening {
    let service = Service {
        shown,
        hosts,
        token: Token::random(),
        policy: page::policy(page::Served::ByServer),
    };
    Listening { listener, service }
}

/// The body of a response.
pub(super) enum Content {
    Text(Vec<u8>),
    Rows(Rows),
}

/// JSON that is no HTML either, whatever a program takes it for.
fn body(json: &str) -> Content {
    Content::Text(json.replace('<', "\\u003c").into_bytes())
}

/// What answers requests.
pub(super) struct Service {
    shown: Shown,
    hosts: Hosts,
    token: Token,
    policy: String,
}

impl Service {
    /// The answer to a request, whatever it asks for.
    pub(super) fn respond(&self, request: &Parts) -> Response<Content> {
        let answer = self.answer(request);
        let (status, kind, content) = match answer {
            Ok(Answer::Html(html)) => (200, "text/html; charset=utf-8", Content::Text(html)),
            Ok(Answer::Json(json)) => (200, "application/json", body(&json)),
            Ok(Answer::Csv(rows)) => (200, "text/csv; charset=utf-8", Content::Rows(rows)),
            Err(refusal) if request.uri.path().starts_with("/api/") => {
                (refusal.status, "application/json", body(&refusal.body()))
            }
            // A person reads it.
            Err(refusal) => (
                refusal.status,
                "text/plain; charset=utf-8",
                Content::Text(refusal.text().into_bytes()),
            ),
        };
        let content = match content {
            // Nobody reads the rows of an answer to HEAD.
            Content::Rows(_) if request.method == Method::HEAD => Content::Text(Vec::new()),
            content => content,
        };
        let mut response = Response::new(content);
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

    fn answer(&self, request: &Parts) -> Result<Answer, Refusal> {
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            return Err(Refusal::new(405, "this server only reads", "use GET"));
        }
        let parameters = Parameters::read(request.uri.query().unwrap_or_default())?;
        let token = parameters.get("token");
        let target = request.uri.authority();
        guard::check(&request.headers, target, token, &self.hosts, &self.token)?;
        match request.uri.path() {
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
