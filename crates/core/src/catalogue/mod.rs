//! The catalogue of messages: everything that this program tells people, in one place.
//!
//! Only here can a message be made: its types have private parts, and a function of this module for each entry. An entry is
//! a text with named places, and with the remedy where the text alone does not say what comes next. Tests walk the entries,
//! and `docs/messages.md` is written from them.

pub mod cure;
pub mod deployed;
pub mod end;
pub mod fact;
pub mod fault;
pub mod gate;
pub mod reason;
pub mod stall;

use std::fmt;

use crate::error::name::{AwsError, ErrorName};
use crate::rule::SafetyRule;

/// An entry of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The name of the function that makes the message.
    pub name: &'static str,
    /// The text, with its places in braces.
    pub text: &'static str,
    /// What a person does about it.
    pub remedy: &'static str,
    /// The names of the places.
    pub places: &'static [&'static str],
}

/// A fact that the readiness check finds: what it is, and what a person does about it.
///
/// Findings of many servers are merged by their fact, so a fact names no server and no object of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    message: String,
    remedy: String,
}

impl Fact {
    /// Returns the fact, as part of a sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what a person does about it, as a sentence without its full stop.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message, self.remedy)
    }
}

/// Why a step waits, or what it has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Returns the words of AWS.
    pub fn of_aws(answer: &AwsError) -> Self {
        Self(answer.message.clone())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A sentence about how a run has ended: where production is, what protects it, what is gone, what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence(String);

/// Writes the sentence without its full stop.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns sentences as one text.
pub fn text_of(sentences: &[Sentence]) -> String {
    let sentences: Vec<String> = sentences.iter().map(|sentence| format!("{sentence}.")).collect();
    sentences.join(" ")
}

/// What a person is told at a gate, in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice(String);

impl Notice {
    /// Returns the lines.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Makes a function for each entry, which returns this type, and the list of all entries.
macro_rules! entries {
    ($of:ident: $($name:ident($($place:ident),*) $text:literal;)+) => {
        /// All entries, in order.
        pub const ENTRIES: &[Entry] = &[
            $(Entry {
                name: stringify!($name),
                text: $text,
                remedy: "",
                places: &[$(stringify!($place)),*],
            }),+
        ];
        $(
            #[doc = concat!("Returns: ", $text, ".")]
            pub fn $name($($place: impl Display),*) -> $of {
                $of(format!($text))
            }
        )+
    };
}

use entries;

/// What a fault is: an error of its own name, or a refusal under a safety rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The error's name.
    ErrorName(ErrorName),
    /// The rule.
    SafetyRule(SafetyRule),
}

/// What ends a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    cause: Cause,
    text: String,
}

impl Fault {
    /// Returns the name that Step Functions receives.
    pub fn name(&self) -> ErrorName {
        match self.cause {
            Cause::ErrorName(name) => name,
            Cause::SafetyRule(_) => ErrorName::Guard,
        }
    }
}

/// Writes the text, and the rule of a refusal.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            Cause::ErrorName(_) => f.write_str(&self.text),
            Cause::SafetyRule(rule) => write!(f, "{} ({rule})", self.text),
        }
    }
}

/// Makes a function for each entry, and the list of all entries, each with its cause.
macro_rules! faults {
    ($($name:ident($($place:ident),*) $cause:ident::$variant:ident $text:literal;)+) => {
        /// All entries, in order.
        pub const ENTRIES: &[(Cause, Entry)] = &[
            $((
                Cause::$cause($cause::$variant),
                Entry {
                    name: stringify!($name),
                    text: $text,
                    remedy: "",
                    places: &[$(stringify!($place)),*],
                },
            )),+
        ];
        $(
            #[doc = concat!("Returns the fault: ", $text, ".")]
            pub fn $name($($place: impl Display),*) -> Fault {
                Fault { cause: Cause::$cause($cause::$variant), text: format!($text) }
            }
        )+
    };
}

use faults;

/// Makes a function for each entry, and the list of all entries.
macro_rules! facts {
    ($($name:ident($($place:ident),*) $text:literal => $remedy:literal;)+) => {
        /// All entries, in order.
        pub const ENTRIES: &[Entry] = &[
            $(Entry {
                name: stringify!($name),
                text: $text,
                remedy: $remedy,
                places: &[$(stringify!($place)),*],
            }),+
        ];
        $(
            #[doc = concat!("Returns the fact: ", $text, ".")]
            #[allow(unused_variables, reason = "a place may stand in the remedy alone")]
            pub fn $name($($place: impl Display),*) -> Fact {
                Fact { message: format!($text), remedy: format!($remedy) }
            }
        )+
    };
}

use facts;
