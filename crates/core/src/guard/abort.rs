//! Warrants of an abort: a failback that a person ends before traffic has moved terminates what runs of it have launched,
//! and changes nothing else.

use super::warrant::{TagResource, TerminateRecoveryInstances, Warrant};
use super::{Guard, a2, refuse, settled};
use crate::catalogue::fault;
use crate::cloud::{InstanceState, RecoveryInstance};
use crate::error::Result;
use crate::fleet::{LiveServer, Redirected};
use crate::plan::OnAbort;
use crate::procedure::Failback;
use crate::tags::{Tags, made_by_a_failback, tag};

/// The permissions to claim an A3 that an abort ends.
#[derive(Debug)]
pub struct ClaimOfA3 {
    /// The note on A2 of the launch that ends, so that a later run knows its fate.
    pub note: Warrant<TagResource>,
    /// The claim on A3.
    pub claim: Warrant<TagResource>,
}

impl Guard<'_, Failback> {
    /// Writes this run on an A3 that it is about to terminate: the function that terminates A3 may terminate no other, and
    /// may not write it. Before, A2 gets a note of what ends, without which its next launch may be refused.
    ///
    /// # Errors
    /// Those of [`end_a3`](Self::end_a3), but for the tag.
    pub fn claim_a3(
        &self,
        fleet: &[LiveServer<'_>],
        server: &LiveServer<'_>,
        redirected: Option<Redirected>,
    ) -> Result<ClaimOfA3> {
        self.traffic_has_not_moved(fleet, redirected)?;
        let a3 = self.endable(server)?;
        let Some(job) = &a3.job else {
            return Err(refuse(fault::no_failback_launched_a4(&server.name, &a3.instance)));
        };
        let (region, own) = (self.run.source(), (tag::RUN.to_owned(), self.run.tag_value()));
        let ended = (tag::ENDED.to_owned(), format!("{job} {}", a3.instance));
        let (arn, tags) = (a2(server)?.arn.clone(), Tags::from([own.clone(), ended]));
        let note = Warrant::issue(TagResource { region, arn, tags });
        let (arn, tags) = (a3.arn.clone(), Tags::from([own]));
        Ok(ClaimOfA3 { note, claim: Warrant::issue(TagResource { region, arn, tags }) })
    }

    /// Terminates A3, and A4 with it, of servers whose failback is aborted. B3 goes on serving, and A2 protects it.
    ///
    /// # Errors
    /// `Guard` when nobody has aborted, the plan keeps A4, traffic of any server may have moved, B1 protects A4, no failback
    /// launched it, it is A1, B3 does not run, or A3 lacks the run's tag; `NotReady` while a job is working on A2.
    pub fn end_a3(
        &self,
        fleet: &[LiveServer<'_>],
        servers: &[&LiveServer<'_>],
        redirected: Option<Redirected>,
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        self.traffic_has_not_moved(fleet, redirected)?;
        let mut recovery_instances = Vec::new();
        for server in servers {
            let a3 = self.endable(server)?;
            if a3.tags.get(tag::RUN) != Some(&self.run.tag_value()) {
                return Err(refuse(fault::aborted_a3_lacks_the_runs_tag(&server.name, &a3.id)));
            }
            recovery_instances.push(a3.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.source(), recovery_instances }))
    }

    /// Refuses an abort once traffic of any server has moved, or may have: clients of a server without a record follow those
    /// of the fleet.
    fn traffic_has_not_moved(&self, fleet: &[LiveServer<'_>], redirected: Option<Redirected>) -> Result<()> {
        if self.run.aborted.is_none() {
            return Err(refuse(fault::nobody_aborted()));
        }
        if self.run.traffic_moved_by_hand || redirected.is_some_and(|known| known.in_sync.is_some()) {
            return Err(refuse(fault::traffic_has_moved()));
        }
        for server in fleet {
            if server.live().has_record_at_a4()? {
                return Err(refuse(fault::traffic_has_moved()));
            }
            if server.a3()?.is_some_and(RecoveryInstance::is_reversed) {
                return Err(refuse(fault::b1_protects_the_a4_to_end(&server.name)));
            }
        }
        Ok(())
    }

    /// Returns A3, if an abort may end it.
    fn endable<'l>(&self, server: &LiveServer<'l>) -> Result<&'l RecoveryInstance> {
        self.may_change(server)?;
        let name = &server.name;
        if self.run.plan.cutover.on_abort == OnAbort::Keep {
            return Err(refuse(fault::plan_keeps_a4()));
        }
        let Some(a3) = server.a3()? else {
            return Err(refuse(fault::a3_does_not_live(name)));
        };
        settled(server, server.active_source_job()?)?;
        if !is_own(server)? {
            return Err(refuse(fault::no_failback_launched_a4(name, &a3.instance)));
        }
        if let Some(why) = self.use_of(server, a3)? {
            return Err(refuse(fault::a4_is_not_ended(name, &a3.instance, why)));
        }
        let b3 = match server.b2()? {
            Some(b2) => server.live().instance(&b2.instance)?,
            None => None,
        };
        if b3.is_none_or(|b3| b3.state != InstanceState::Running) {
            return Err(refuse(fault::b3_does_not_run(name, &a3.instance)));
        }
        Ok(a3)
    }
}

/// Returns true for a server whose A4 a failback has launched, and launched anew: an A4 that is A1, or that no failback
/// launched, is left as it is.
///
/// # Errors
/// `Internal` when A3 or jobs of the source Region were not read; `Guard` when A3 is ambiguous.
pub fn is_own(server: &LiveServer<'_>) -> Result<bool> {
    let Some(a3) = server.a3()? else { return Ok(false) };
    let job = server.live().source_job_of(a3)?;
    Ok(server.a1.as_ref() != Some(&a3.instance) && job.is_some_and(|job| made_by_a_failback(&job.tags)))
}
