//! A response body that follows a script, and tells how it ended.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::Sleep;

use super::seen::{Outcome, Place};

/// One step of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send these bytes as one chunk.
    Send(Bytes),
    /// Let what was sent reach the socket before the next step.
    Flush,
    /// Say nothing for a while.
    Pause(Duration),
    /// Break the connection off.
    Cut,
}

/// Runs the steps; the connection is closed without a proper end at `Step::Cut`.
pub(super) struct ScriptedBody {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
    cut: bool,
    place: Place,
}

impl ScriptedBody {
    pub(super) fn new(steps: Vec<Step>, place: Place) -> Self {
        Self { steps: steps.into(), pause: None, cut: false, place }
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Send(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Step::Flush) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Pause(duration)) => {
                self.pause = Some(Box::pin(tokio::time::sleep(duration)));
                self.poll_frame(context)
            }
            Some(Step::Cut) => {
                self.cut = true;
                Poll::Ready(Some(Err(io::Error::other("cut, as the scenario asks"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && !self.cut
    }
}

/// hyper drops a body when it has sent it, and also when the client is gone: what is left tells which.
impl Drop for ScriptedBody {
    fn drop(&mut self) {
        let outcome = match (self.cut, self.steps.is_empty()) {
            (true, _) => Outcome::Cut,
            (false, true) => Outcome::Answered,
            (false, false) => Outcome::ClientGone,
        };
        self.place.end(outcome);
    }
}
