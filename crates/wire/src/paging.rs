//! Pages of a list, as all services here have them: a number of items, and a token for the rest.

use failback_sim::ServiceError;

/// The most items on a page if the caller does not ask for fewer.
const USUAL: usize = 200;

/// The requested part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    from: usize,
    most: usize,
}

/// The start of a token; the index of the next item follows. Callers must not parse tokens, but people can read them.
const TOKEN: &str = "from-";

impl Page {
    /// Creates a page.
    ///
    /// # Errors
    /// When the token is not one of this server's, or the size is less than 1.
    pub(crate) fn new(size: Option<u64>, token: Option<&str>, most: usize) -> Result<Self, ServiceError> {
        let size = match size {
            Some(0) => return Err(ServiceError::new("ValidationException", "maxResults must be at least 1")),
            Some(size) => usize::try_from(size).unwrap_or(usize::MAX),
            None => USUAL,
        };
        let from = match token {
            None | Some("") => 0,
            Some(token) => token
                .strip_prefix(TOKEN)
                .and_then(|number| number.parse().ok())
                .ok_or_else(|| ServiceError::new("ValidationException", "nextToken is not valid"))?,
        };
        Ok(Self { from, most: size.min(most) })
    }

    /// Returns the page's items, and the token for the rest.
    pub(crate) fn cut<T>(self, all: Vec<T>) -> (Vec<T>, Option<String>) {
        let end = self.from.saturating_add(self.most);
        let next = (end < all.len()).then(|| format!("{TOKEN}{end}"));
        (all.into_iter().skip(self.from).take(self.most).collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_a_list_once() {
        let mut token: Option<String> = None;
        let mut seen = Vec::new();
        loop {
            let page = Page::new(Some(2), token.as_deref(), 100).unwrap();
            let (items, next) = page.cut(vec![1, 2, 3, 4, 5]);
            seen.extend(items);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        assert!(Page::new(Some(0), None, 100).is_err());
        assert!(Page::new(None, Some("elsewhere"), 100).is_err());
        assert_eq!(Page::new(Some(50), None, 1).unwrap().cut(vec![1, 2]).0, [1]);
    }
}
