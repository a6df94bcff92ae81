//! Connections as they come in: so many at once, and each must say what it wants in reasonable time.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep_until},
};

/// Connections open at once, streams of changes among them; whoever comes later waits at the door of the system.
const CONNECTIONS: usize = 8_192;
/// From the first byte of a request to the end of its head. A head is some hundred bytes: whoever needs longer does not want an
/// answer.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may say nothing between two requests, and before the first.
const IDLE_TIME: Duration = Duration::from_secs(75);
/// What ends a head (RFC 9112, section 2.1).
const END_OF_HEAD: [u8; 4] = *b"\r\n\r\n";

/// What a visitor is told that waits with its body (RFC 9110, section 10.1.1).
const GO_ON: &[u8] = b"HTTP/1.1 100";

/// How long a visitor is waited for.
#[derive(Debug, Clone, Copy)]
struct Times {
    head: Duration,
    idle: Duration,
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The door.
pub(super) struct Doorway {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Doorway {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS)) }
    }
}

impl Listener for Doorway {
    type Io = Visitor;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visitor, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (socket, address) = Listener::accept(&mut self.listener).await;
        (Visitor::new(socket, Times { head: HEAD_TIME, idle: IDLE_TIME }, place), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// How far a connection is with what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Saying {
    Nothing,
    /// A head, of whose end so many bytes have come.
    Head(usize),
    /// A body, or it waits for its answer: the frame around requests sees to the time of both.
    Rest,
}

/// A connection that is closed when it takes too long to say something.
pub(super) struct Visitor {
    socket: TcpStream,
    saying: Saying,
    times: Times,
    /// How long it is waited for at present.
    until: Instant,
    /// Wakes whoever waits at the end of a patience: of this one, or of an earlier one that has been prolonged since. To set
    /// a clock anew for every request of every connection costs more than to find one that rang too soon.
    bell: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Visitor {
    fn new(socket: TcpStream, times: Times, place: Option<OwnedSemaphorePermit>) -> Self {
        let until = Instant::now() + times.idle;
        Self { socket, saying: Saying::Nothing, times, until, bell: Box::pin(sleep_until(until)), _place: place }
    }

    fn heard(&mut self, bytes: &[u8]) {
        let before = self.saying;
        self.saying = before.hear_all(bytes);
        // Most heads come as a whole, and then nobody waits for the rest.
        if before == Saying::Nothing && matches!(self.saying, Saying::Head(_)) {
            self.until = Instant::now() + self.times.head;
            self.bell.as_mut().reset(self.until);
        }
    }

    /// Something is on its way to the visitor: what it says next is another request, unless it was only told to go on.
    fn told(&mut self, bytes: &[u8]) {
        if self.saying == Saying::Rest && !bytes.starts_with(GO_ON) {
            self.saying = Saying::Nothing;
        }
        if self.saying == Saying::Nothing {
            self.until = Instant::now() + self.times.idle;
        }
    }
}

impl Saying {
    fn hear_all(self, bytes: &[u8]) -> Self {
        if bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.ends_with(&END_OF_HEAD) {
            return Self::Rest;
        }
        bytes.iter().fold(self, |saying, byte| saying.hear(*byte))
    }

    fn hear(self, byte: u8) -> Self {
        let so_far = match self {
            Self::Rest => return Self::Rest,
            // Empty lines before a request are passed over (RFC 9112, section 2.2): who sends them has said nothing yet.
            Self::Nothing if matches!(byte, b'\r' | b'\n') => return Self::Nothing,
            Self::Nothing => 0,
            Self::Head(so_far) => so_far,
        };
        match END_OF_HEAD.get(so_far) {
            Some(next) if *next == byte && so_far + 1 == END_OF_HEAD.len() => Self::Rest,
            Some(next) if *next == byte => Self::Head(so_far + 1),
            _ => Self::Head(usize::from(byte == END_OF_HEAD[0])),
        }
    }
}

impl AsyncRead for Visitor {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n_before = into.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.socket).poll_read(context, into) {
            read?;
            let heard = into.filled().get(n_before..).unwrap_or_default();
            self.heard(heard);
            return Poll::Ready(Ok(()));
        }
        if self.saying == Saying::Rest {
            return Poll::Pending;
        }
        ready!(self.bell.as_mut().poll(context));
        while Instant::now() < self.until {
            let until = self.until;
            self.bell.as_mut().reset(until);
            ready!(self.bell.as_mut().poll(context));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.told(bytes);
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.told(pieces.first().map_or(&[], |piece| piece));
        Pin::new(&mut self.socket).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    use super::{Saying, Times, Visitor};

    #[test]
    fn a_head_ends_with_an_empty_line_however_it_is_cut() {
        let after = |text: &str| {
            let whole = Saying::Nothing.hear_all(text.as_bytes());
            assert_eq!(whole, text.bytes().fold(Saying::Nothing, Saying::hear), "{text:?}");
            whole
        };
        for head in ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\na: b\r\n\r", "a\r\r\n\r", "\r\nG", "a\n\n"] {
            assert!(matches!(after(head), Saying::Head(_)), "{head:?}");
        }
        for nothing in ["", "\r\n\r", "\n\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n"] {
            assert_eq!(after(nothing), Saying::Nothing, "{nothing:?}");
        }
        for whole in
            ["GET / HTTP/1.1\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\r\n", "a\r\n\r\nbody", "a\r\r\n\r\n", "a\r\n\r\r\n\r\n"]
        {
            assert_eq!(after(whole), Saying::Rest, "{whole:?}");
        }
    }

    #[tokio::test]
    async fn a_visitor_who_does_not_finish_a_head_is_shown_out_and_one_whose_answer_takes_long_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let times = Times { head: Duration::from_millis(5), idle: Duration::from_millis(5) };
        for (said, is_shown_out) in
            [("GET / HT", true), ("", true), ("\r\n\r\n", true), ("GET / HTTP/1.1\r\n\r\n", false)]
        {
            let mut caller = TcpStream::connect(address).await.unwrap();
            let mut visitor = Visitor::new(listener.accept().await.unwrap().0, times, None);
            caller.write_all(said.as_bytes()).await.unwrap();
            let mut heard = vec![0; said.len()];
            let head = visitor.read_exact(&mut heard).await;
            let more = timeout(Duration::from_millis(100), visitor.read_u8()).await;
            let is_out = head.is_err() || more.is_ok_and(|more| more.is_err());
            assert_eq!(is_out, is_shown_out, "{said:?}");
        }
    }
}
