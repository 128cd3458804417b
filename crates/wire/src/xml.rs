//! XML output. Text is always escaped.

use std::fmt::{self, Display, Write};

use quick_xml::escape::escape;

/// A document that is being written.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    text: String,
}

impl Xml {
    /// Returns a document whose root has a namespace.
    pub(crate) fn document(root: &str, namespace: &str, inner: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned() };
        xml.write(format_args!("<{root} xmlns=\"{namespace}\">"));
        inner(&mut xml);
        xml.write(format_args!("</{root}>"));
        xml.text
    }

    /// Returns a document whose root has no namespace.
    pub(crate) fn plain(root: &str, inner: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned() };
        xml.element(root, inner);
        xml.text
    }

    fn write(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(text);
    }

    /// Writes an element that contains elements.
    pub(crate) fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.write(format_args!("<{name}>"));
        inner(self);
        self.write(format_args!("</{name}>"));
    }

    /// Writes an element that contains text.
    pub(crate) fn leaf(&mut self, name: &str, value: impl Display) {
        self.write(format_args!("<{name}>{}</{name}>", escape(value.to_string())));
    }

    /// Writes an element that contains text, if there is a value.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.leaf(name, value);
        }
    }

    /// Writes a list: an element that contains one element for each item.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        item: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for value in items {
                xml.element(item, |xml| each(xml, value));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let text = Xml::plain("a", |xml| xml.leaf("b", "<c>&\"'</b>"));
        assert!(text.ends_with("<a><b>&lt;c&gt;&amp;&quot;&apos;&lt;/b&gt;</b></a>"), "{text}");
    }
}
