use axum::http::HeaderMap;

const VERSION: usize = 2;
const TRACE_ID: usize = 32;
const PARENT_ID: usize = 16;
const FLAGS: usize = 2;

/// The id of the trace that a request belongs to, by its `traceparent` (W3C Trace
/// Context, level 1, section 3.2). What cannot be read is overlooked, as the
/// specification asks.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all("traceparent").iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    let mut parts = line.to_str().ok()?.split('-');
    let version = hex(parts.next()?, VERSION)?;
    let trace_id = hex(parts.next()?, TRACE_ID)?;
    let parent_id = hex(parts.next()?, PARENT_ID)?;
    hex(parts.next()?, FLAGS)?;
    // Later versions may append parts to those of the first, which has no more.
    let is_whole = version != "00" || parts.next().is_none();
    let has_ids = [trace_id, parent_id]
        .iter()
        .all(|id| id.bytes().any(|byte| byte != b'0'));
    (is_whole && has_ids && version != "ff").then_some(trace_id)
}

fn hex(text: &str, length: usize) -> Option<&str> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    (text.len() == length && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("traceparent", line.parse().unwrap());
        }
        trace_id(&headers).map(str::to_owned)
    }

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_trace_is_known_by_its_id() {
        for line in [
            format!("00-{ID}-00f067aa0ba902b7-01"),
            format!("00-{ID}-00f067aa0ba902b7-00"),
            format!("cc-{ID}-00f067aa0ba902b7-01-what-is-to-come"),
        ] {
            assert_eq!(read(&[&line]).as_deref(), Some(ID), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_overlooked() {
        let zeros = "0".repeat(32);
        for line in [
            String::new(),
            format!("00-{ID}"),
            format!("ff-{ID}-00f067aa0ba902b7-01"),
            format!("00-{zeros}-00f067aa0ba902b7-01"),
            format!("00-{ID}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()),
            format!("00-{ID}0-00f067aa0ba902b7-01"),
            format!("00-{ID}-00f067aa0ba902b7-1"),
            format!("00-{ID}-00f067aa0ba902b7-01-more"),
        ] {
            assert_eq!(read(&[&line]), None, "{line}");
        }
        let line = format!("00-{ID}-00f067aa0ba902b7-01");
        assert_eq!(read(&[&line, &line]), None);
        assert_eq!(read(&[]), None);
    }
}
