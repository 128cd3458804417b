//! The sentences about the whole run: where production is, what protects it, what is gone, and what to do next. All of it
//! follows from live state. No advice ends what may serve clients, or what protects it.

use failback_core::catalogue::{Sentence, end, text_of};
use failback_core::fleet::Serving;
use failback_core::id::RecoveryInstanceId;
use failback_core::message::listed;
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Protection, ServerReport};
use failback_core::run::Run;
use failback_core::timestamp::Timestamp;

use crate::server::Seen;

/// The end of a run.
pub(crate) struct End<'e> {
    pub(crate) run: &'e Run,
    pub(crate) outcome: Outcome,
    pub(crate) seen: &'e [Seen],
    /// The time from which no client uses what the records held before the redirect.
    pub(crate) followed: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

impl End<'_> {
    /// Returns the sentences.
    pub(crate) fn next(&self) -> String {
        if (self.run.procedure, self.outcome) == (Procedure::Drill, Outcome::Succeeded) {
            return text_of(&[end::nothing_is_left_to_do()]);
        }
        if self.outcome == Outcome::CleanedUp {
            return text_of(&[end::leftovers_are_removed()]);
        }
        let mut sentences = self.production();
        sentences.extend(self.frozen());
        sentences.extend(self.protection());
        if self.run.procedure == Procedure::Failback {
            sentences.extend(self.deleted());
        }
        sentences.extend(self.existing());
        sentences.extend(self.another_b1());
        sentences.extend(self.problem());
        sentences.extend(match self.run.procedure {
            Procedure::Drill if self.is_drill_gone() => vec![end::drill_left_nothing()],
            Procedure::Drill => vec![end::drill_changed_nothing()],
            Procedure::Failback => self.after_a_failback(),
        });
        text_of(&sentences)
    }

    fn those(&self, is_so: impl Fn(&ServerReport) -> bool) -> Vec<&Seen> {
        self.seen.iter().filter(|seen| is_so(&seen.report)).collect()
    }

    fn served_by(&self, serves: Serving) -> Vec<&Seen> {
        self.those(|server| server.serves == serves)
    }

    /// Says where production is.
    fn production(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        for (serves, place) in [
            (Serving::A4, "A4, in the source Region"),
            (Serving::B3, "B3, in the recovery Region"),
            (Serving::A1, "A1, in the source Region"),
        ] {
            let served = self.served_by(serves);
            if served.len() == self.seen.len() && !served.is_empty() {
                sentences.push(end::production_runs(place));
            } else if !served.is_empty() {
                sentences.push(end::clients_use(names(&served), place));
            }
        }
        let unknown = self.served_by(Serving::Unknown);
        if !unknown.is_empty() {
            sentences.push(end::unknown_what_serves(names(&unknown)));
        }
        if let Some(by) = self.followed.filter(|by| *by > self.now) {
            sentences.push(end::clients_may_still_use_b3(by));
        }
        sentences
    }

    /// Says that writes to a B3 that serves are stopped.
    fn frozen(&self) -> Option<Sentence> {
        let frozen = self.run.frozen?;
        // What another run has claimed, it may have had stopped too.
        let b3: Vec<&Seen> = self.served_by(Serving::B3).into_iter().filter(|seen| seen.is_own).collect();
        if b3.is_empty() {
            None
        } else if self.run.freezes_by_hook() {
            Some(end::writes_go_on_soon(names(&b3), frozen.at))
        } else {
            Some(end::writes_are_stopped(names(&b3), frozen.at))
        }
    }

    /// Says what protects the instances that serve, and how old the copies of their data are.
    fn protection(&self) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        for (serves, label, by) in
            [(Serving::A4, "A4", "B1"), (Serving::B3, "B3", "A2"), (Serving::A1, "A1", "B1")]
        {
            let guarded = self.seen.iter().filter(|seen| seen.guarded == serves);
            let (safe, others): (Vec<&Seen>, Vec<&Seen>) = guarded
                .filter(|seen| seen.protection != Protection::Unknown)
                .partition(|seen| seen.protection == Protection::Healthy);
            if !safe.is_empty() {
                sentences.push(end::protects(by, label, names(&safe), copies(&safe)));
            }
            if !others.is_empty() {
                sentences.push(end::does_not_protect(by, label, names(&others), copies(&others)));
            }
        }
        sentences
    }

    /// Says what is gone, of what the failback may delete.
    fn deleted(&self) -> Vec<Sentence> {
        let lacks = |server: &ServerReport, label| !has(server, label);
        let b3 = self.those(|server| server.b2.is_some() && lacks(server, "B3"));
        let a1 = self.those(|server| {
            let a4 = server.a3.as_ref().map(RecoveryInstanceId::instance);
            server.b2.is_some() && server.a1.is_some() && server.a1 != a4 && lacks(server, "A1")
        });
        let points: Vec<&Seen> = self.seen.iter().filter(|seen| seen.points_deleted).collect();
        let mut sentences = Vec::new();
        for (label, servers) in [("B3", &b3), ("A1", &a1)] {
            if !servers.is_empty() {
                sentences.push(end::no_longer_exists(label, names(servers)));
            }
        }
        if !points.is_empty() {
            sentences.push(end::points_in_time_are_deleted(names(&points)));
        }
        if b3.is_empty() && !matches!(self.outcome, Outcome::Succeeded | Outcome::NothingToDo) {
            sentences.push(end::every_b3_exists());
        }
        sentences
    }

    /// Says what to do by hand with a B3 that existed before B1 was launched into it.
    fn existing(&self) -> Option<Sentence> {
        let left: Vec<&Seen> = self.seen.iter().filter(|seen| seen.b2_left).collect();
        (!left.is_empty()).then(|| end::b3_is_left(names(&left)))
    }

    /// Says what to do with a source server that DRS has made instead of re-pointing B1.
    fn another_b1(&self) -> Option<Sentence> {
        let others: Vec<&Seen> = self.seen.iter().filter(|seen| seen.earlier_b1.is_some()).collect();
        let first = others.first()?;
        let (earlier, now) = (first.earlier_b1.as_ref()?, &first.report.b1);
        let servers = names(&others);
        Some(if others.len() > 1 {
            end::other_b1s_protect(servers, now, earlier)
        } else {
            end::another_b1_protects(servers, now, earlier)
        })
    }

    fn problem(&self) -> Option<Sentence> {
        let servers = self.those(|server| server.problem.is_some());
        let problem = servers.first()?.report.problem.as_ref()?;
        Some(end::cannot_be_read(names(&servers), problem))
    }

    fn after_a_failback(&self) -> Vec<Sentence> {
        match self.outcome {
            Outcome::Succeeded if self.seen.iter().any(|seen| seen.b2_left || seen.earlier_b1.is_some()) => {
                return vec![end::nothing_else_is_left_to_do()];
            }
            Outcome::Succeeded | Outcome::NothingToDo => return vec![end::nothing_is_left_to_do()],
            Outcome::Held | Outcome::Ready | Outcome::Aborted if !self.served_by(Serving::A1).is_empty() => {
                return vec![end::clients_use_a1()];
            }
            Outcome::Ready => return vec![end::ready_to_go_home()],
            Outcome::Aborted => return self.after_an_abort(),
            Outcome::Held | Outcome::Failed | Outcome::CleanedUp => {}
        }
        let mut sentences = Vec::new();
        let both = self.those(|server| has(server, "A4") && has(server, "B3"));
        if !both.is_empty() {
            sentences.push(end::both_are_billed(names(&both)));
        }
        if self.outcome == Outcome::Failed {
            sentences.push(end::clean_up_is_not_complete());
        }
        sentences.push(if self.served_by(Serving::A4).is_empty() {
            end::start_the_failback_again()
        } else {
            end::start_it_again_and_leave_b3()
        });
        sentences
    }

    /// Says what an abort has left.
    fn after_an_abort(&self) -> Vec<Sentence> {
        let left = self.those(|server| has(server, "A4"));
        let kept = (!left.is_empty()).then(|| end::a4_is_left_running(names(&left)));
        kept.into_iter().chain([end::led_back()]).collect()
    }

    /// Returns the command that comes next, where one helps.
    pub(crate) fn command(&self) -> Option<String> {
        let is_home = self.run.procedure == Procedure::Failback && !self.served_by(Serving::A1).is_empty();
        let is_over = self.outcome.is_done()
            || self.outcome == Outcome::Aborted
            || (is_home && self.outcome == Outcome::Held);
        if is_over { None } else { end::start_again(&self.run.id) }
    }

    /// Returns true when a drill that failed has left nothing but A1 and B1.
    fn is_drill_gone(&self) -> bool {
        self.seen.iter().all(|seen| seen.report.left == "A1 B1")
    }
}

fn has(server: &ServerReport, label: &str) -> bool {
    server.left.split(' ').any(|left| left == label)
}

/// Says how old the newest copies of the servers' data are. One that is not known counts as the oldest.
fn copies(seen: &[&Seen]) -> String {
    let ages: Option<Vec<u64>> = seen.iter().map(|seen| seen.copy_age_seconds).collect();
    end::copies(ages.and_then(|ages| ages.into_iter().max()))
}

fn names(seen: &[&Seen]) -> String {
    listed(seen.iter().map(|seen| seen.report.name.as_str()))
}
