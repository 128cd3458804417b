//! The HTTP/1.1 server on loopback.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming as Body;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};

/// The most connections at a time.
const CONNECTIONS: usize = 256;
/// The most bytes of a request's body. The largest real one, tags and ids of 200 servers, is far smaller.
const BODY_BYTES: usize = 1_048_576;
/// The time limit for a request's headers, and for its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time for which a crashed caller is left without a response.
const SILENCE: Duration = Duration::from_mins(5);

/// A handler of requests, apart from their transport.
pub trait Handler: Send + Sync + 'static {
    /// Returns the reply, and the delay before it.
    fn handle(&self, request: &HttpRequest) -> (Reply, Duration);
}

impl Handler for crate::router::Router {
    fn handle(&self, request: &HttpRequest) -> (Reply, Duration) {
        Self::handle(self, request)
    }
}

/// A server that listens on behalf of a handler.
#[derive(Debug)]
pub struct HttpServer<H> {
    listener: TcpListener,
    router: Arc<H>,
}

impl<H: Handler> HttpServer<H> {
    /// Listens on 127.0.0.1 only, because the simulator checks no signatures. Port 0 takes any free port.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(port: u16, router: Arc<H>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { listener, router })
    }

    /// Returns the address on which it listens.
    ///
    /// # Errors
    /// When the operating system does not return it.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the future completes.
    pub async fn run(self, until: impl Future<Output = ()>) {
        tokio::pin!(until);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let stream = tokio::select! {
                () = &mut until => return,
                accepted = self.listener.accept() => accepted,
            };
            // A connection that failed before it was accepted needs no handling.
            let Ok((stream, _)) = stream else { continue };
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let router = Arc::clone(&self.router);
            tokio::spawn(async move {
                connection(stream, router).await;
                drop(place);
            });
        }
    }
}

/// The error that closes a connection without a response.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer is withheld on purpose")
    }
}

impl std::error::Error for Cut {}

async fn connection<H: Handler>(stream: TcpStream, router: Arc<H>) {
    // Responses are small, and callers wait for them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let router = Arc::clone(&router);
        async move { answer(request, router.as_ref()).await }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    // The result is an error where the response was withheld or the client has gone. Neither is a fault of the server.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer<H: Handler>(request: Request<Body>, router: &H) -> Result<Response<Full<Bytes>>, Cut> {
    let request = match read(request).await {
        Ok(request) => request,
        Err(status) => return Ok(plain(status)),
    };
    let (reply, delay) = router.handle(&request);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match reply {
        Reply::Response(answer) => Ok(response(answer)),
        Reply::Cut => Err(Cut),
        Reply::Silence => {
            tokio::time::sleep(SILENCE).await;
            Err(Cut)
        }
    }
}

async fn read(request: Request<Body>) -> Result<HttpRequest, StatusCode> {
    let (head, body) = request.into_parts();
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, BODY_BYTES).collect()).await;
    let body = match collected {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        Ok(Err(_)) => return Err(StatusCode::BAD_REQUEST),
        Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
    };
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(HttpRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body,
    })
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}

fn response(answer: HttpResponse) -> Response<Full<Bytes>> {
    let mut builder =
        Response::builder().status(answer.status).header("x-amzn-requestid", crate::ec2::REQUEST_ID);
    if !answer.content_type.is_empty() {
        builder = builder.header("content-type", answer.content_type);
    }
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    // A header value that is not valid is a fault of this server.
    builder
        .body(Full::new(Bytes::from(answer.body)))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}
