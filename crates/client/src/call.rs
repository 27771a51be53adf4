//! One call: what is sent, again where it must be, and how the answer is read.

use std::time::{Duration, Instant};

use chrono::DateTime;
use hexpress_domain::order::IdempotencyKey;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, IF_MATCH, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Refusal, RefusalBody};
use crate::{ApiError, Client, EntityTag, Error, Tagged};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What is to be sent.
pub(crate) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    headers: HeaderMap,
}

/// A success, yet to be read.
pub(crate) struct Answer {
    status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// What every answer of the API has, and hardly anything else.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
}

/// A former slug leads to the present one in one hop.
const MAX_REDIRECTS: usize = 2;

/// Why an answer is not one of the API, where JSON cannot say so.
#[derive(Debug, thiserror::Error)]
enum NotOfTheApi {
    #[error("it is a redirect, and only a read is sent on, within the same origin")]
    Redirect,
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
    #[error("its envelope tells of success, its status does not")]
    Contradiction,
}

impl Call {
    /// A call of a path behind `/api`.
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            headers: HeaderMap::new(),
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn query(self, query: Vec<(&'static str, String)>) -> Self {
        Self { query, ..self }
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::NoAnswer(error.into()))?;
        self.body = Some(body);
        Ok(self)
    }

    pub(crate) fn if_match(self, tag: Option<&EntityTag>) -> Self {
        match tag {
            Some(tag) => self.header(IF_MATCH, tag.as_str()),
            None => self,
        }
    }

    pub(crate) fn key(self, key: &IdempotencyKey) -> Self {
        self.header(IDEMPOTENCY_KEY, key.as_str())
    }

    /// Tags and keys are visible ASCII, which headers hold.
    fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = value.parse() {
            self.headers.insert(name, value);
        }
        self
    }

    /// Whether sending it twice does no more than sending it once.
    fn is_repeatable(&self) -> bool {
        self.method == Method::GET || self.headers.contains_key(IDEMPOTENCY_KEY)
    }
}

impl Client {
    /// Sends a call, again where the policy says so.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let begin = Instant::now();
        let mut attempts = 0_u32;
        loop {
            let left = self.retry.max_total.saturating_sub(begin.elapsed());
            let limit = match call.is_repeatable() {
                true => self.timeout.min(left),
                false => self.timeout,
            };
            attempts = attempts.saturating_add(1);
            let error = match self.attempt(call, limit).await {
                Err(error) if call.is_repeatable() => error,
                result => return result,
            };
            let pause = self
                .retry
                .pause(&error, attempts, begin.elapsed(), fastrand::f64());
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    async fn attempt(&self, call: &Call, limit: Duration) -> Result<Answer, Error> {
        let begin = Instant::now();
        let url = format!("{}/api/{}", self.base, call.path);
        let mut url = Url::parse(&url).map_err(|error| Error::NoAnswer(error.into()))?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut redirects = 0..MAX_REDIRECTS;
        let response = loop {
            let left = limit.saturating_sub(begin.elapsed());
            let response = self.request(call, url, left).await?;
            let next = Some(&call.method)
                .filter(|method| **method == Method::GET)
                .and_then(|_| next_place(&response));
            match next {
                Some(next) if redirects.next().is_some() => url = next,
                _ => break response,
            }
        };
        Answer::receive(response, self.max_answer_bytes)
            .await?
            .checked()
    }

    async fn request(&self, call: &Call, url: Url, limit: Duration) -> Result<Response, Error> {
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .headers(call.headers.clone())
            .timeout(limit);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        request.send().await.map_err(no_answer)
    }

    /// Sends a call that is answered with a thing.
    pub(crate) async fn data<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.send(call).await?.data()
    }

    /// Sends a call that is answered with a thing and its tag.
    pub(crate) async fn tagged<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<Tagged<T>, Error> {
        self.send(call).await?.tagged()
    }

    /// Sends a call that is answered with nothing to show.
    pub(crate) async fn done(&self, call: &Call) -> Result<(), Error> {
        self.send(call).await.map(drop)
    }
}

fn no_answer(error: reqwest::Error) -> Error {
    Error::NoAnswer(error.without_url().into())
}

/// Where a redirect leads, if that is within the origin that was asked: what is sent, the
/// token included, is for no other.
fn next_place(response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = response.url().join(location).ok()?;
    (next.origin() == response.url().origin()).then_some(next)
}

impl Answer {
    /// Reads an answer, which has so many bytes at most.
    async fn receive(mut response: Response, max_bytes: usize) -> Result<Self, Error> {
        let mut answer = Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if chunk.len() > max_bytes.saturating_sub(answer.body.len()) {
                return Err(answer.unexpected(NotOfTheApi::TooLong(max_bytes)));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// The answer, if its envelope tells of success: a status alone may be a proxy's.
    fn checked(self) -> Result<Self, Error> {
        if self.status.is_redirection() {
            return Err(self.unexpected(NotOfTheApi::Redirect));
        }
        match self.json()? {
            Envelope { success: false } => Err(self.refusal()),
            Envelope { success: true } if self.status.is_success() => Ok(self),
            Envelope { success: true } => Err(self.unexpected(NotOfTheApi::Contradiction)),
        }
    }

    /// The body as a whole.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.unexpected(error))
    }

    /// The thing that is shown.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(self.json::<Data<T>>()?.data)
    }

    /// The thing that is shown, and its tag.
    pub(crate) fn tagged<T: DeserializeOwned>(&self) -> Result<Tagged<T>, Error> {
        let tag = self.headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.unwrap_or_default().parse();
        Ok(Tagged {
            tag: tag.map_err(|error| self.unexpected(error))?,
            value: self.data()?,
        })
    }

    fn unexpected(&self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Unexpected {
            status: self.status.as_u16(),
            retry_after: retry_after(&self.headers),
            source: Box::new(source),
        }
    }

    fn refusal(&self) -> Error {
        let body = match self.json::<Refusal>() {
            Ok(refusal) => refusal.error,
            Err(error) => return error,
        };
        let RefusalBody {
            code,
            message,
            details,
            request_id,
        } = body;
        let error = ApiError {
            status: self.status.as_u16(),
            code,
            message,
            details: details.into_iter().map(Into::into).collect(),
            request_id,
            retry_after: retry_after(&self.headers),
        };
        Box::new(error).into()
    }
}

/// How long an answer asks to wait: seconds, or until a time, which proxies like to name,
/// by the answer's own clock
/// (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let answered = DateTime::parse_from_rfc2822(text(DATE)?).ok()?;
    Some((until - answered).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pairs: &[(HeaderName, &str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.extend(value.parse().ok().map(|value| (name.clone(), value)));
        }
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_seconds_or_a_time() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(after(&[(RETRY_AFTER, "7")]), seconds(7));
        let date = (DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
        let until = |text| after(&[date.clone(), (RETRY_AFTER, text)]);
        assert_eq!(until("Sun, 06 Nov 1994 08:50:07 GMT"), seconds(30));
        assert_eq!(until("Sun, 06 Nov 1994 08:49:07 GMT"), seconds(0));
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(until(text), None, "{text}");
        }
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn only_reads_and_keyed_calls_are_repeated() -> Result<(), Box<dyn std::error::Error>> {
        assert!(Call::get("posts").is_repeatable());
        assert!(Call::post("orders").key(&"a-key".parse()?).is_repeatable());
        for call in [
            Call::post("orders"),
            Call::patch("posts/1"),
            Call::delete("posts/1"),
        ] {
            assert!(!call.is_repeatable());
        }
        Ok(())
    }
}
