//! Many cases in one world for as long as they go the same way. Most differ from others only late, in a fault or in an
//! act of a person; where they part, each side goes on in a copy of the world.
//!
//! Cases that start alike are together until their next moves differ, or until the world has asked something that their
//! faults answer differently: nothing else tells them apart. Each then goes the way that it goes alone.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::Case;
use crate::player::Player;
use crate::stage::{Move, Programs, Stage};
use crate::verdict::CaseResult;

/// The number of moves after which the world is kept again. Cases that part go on from the world that was kept last, so
/// they make some moves again; to keep it costs about as much as a move.
const KEPT_EVERY: usize = 8;

/// Members of a group, by the numbers of their cases.
type Members<'c> = Vec<(usize, Player<'c>)>;

/// Cases that have gone the same way so far. Without a stage, their world is not built yet.
pub(crate) struct Group<'c> {
    stage: Option<Stage<'c>>,
    members: Members<'c>,
}

/// Something that becomes of members of a group.
pub(crate) enum Outcome<'c> {
    /// Members that go on in a world of their own.
    Parted(Box<Group<'c>>),
    /// A member whose case has ended.
    Ended(usize, CaseResult),
    /// A member that must be played alone: its case cannot be played, or the program panicked.
    Alone(usize),
}

/// Returns the cases by the world in which they start, the largest group last.
pub(crate) fn groups(cases: &[Case]) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<String, Members<'_>> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let world = Case { acts: Vec::new(), ..case.clone() };
        groups.entry(world.to_string()).or_default().push((number, Player::of(case)));
    }
    let mut groups: Vec<_> = groups.into_values().map(|members| Group { stage: None, members }).collect();
    groups.sort_by_key(|group| group.members.len());
    groups
}

/// A group in play.
struct Playing<'c> {
    stage: Stage<'c>,
    members: Members<'c>,
    /// The group as it was some moves ago, and the number of those moves.
    kept: Option<(Stage<'c>, Members<'c>, usize)>,
}

impl<'c> Group<'c> {
    /// Plays the group to the end of its first member, and of all that go the same way.
    pub(crate) fn play(
        self,
        programs: &'c Programs,
        cases: &'c [Case],
        becomes: &mut dyn FnMut(Outcome<'c>),
    ) {
        let Self { stage, members } = self;
        let Some((first, _)) = members.first() else { return };
        match stage.map_or_else(|| Stage::of(programs, &cases[*first]), Ok) {
            Ok(stage) => Playing { stage, members, kept: None }.play(becomes),
            Err(_) => alone(members, becomes),
        }
    }
}

fn alone<'c>(members: Members<'c>, becomes: &mut dyn FnMut(Outcome<'c>)) {
    for (number, _) in members {
        becomes(Outcome::Alone(number));
    }
}

impl<'c> Playing<'c> {
    fn play(mut self, becomes: &mut dyn FnMut(Outcome<'c>)) {
        loop {
            self.change_faults(becomes);
            let Some((_, leader)) = self.members.first() else { return };
            let next = leader.next(&self.stage);
            self.part_before(&next, becomes);
            if next == Move::End {
                let played = self.stage.result();
                for (number, player) in self.members {
                    becomes(Outcome::Ended(number, player.result(played.clone())));
                }
                return;
            }
            self.keep();
            match self.make(&next) {
                Ok(parted) => self.part_after(parted, becomes),
                Err(_) => return alone(self.members, becomes),
            }
        }
    }

    fn change_faults(&mut self, becomes: &mut dyn FnMut(Outcome<'c>)) {
        let stage = &self.stage;
        self.members.retain_mut(|(number, player)| {
            loop {
                match player.changes_faults(stage) {
                    Ok(true) => {}
                    Ok(false) => return true,
                    Err(_) => {
                        becomes(Outcome::Alone(*number));
                        return false;
                    }
                }
            }
        });
    }

    /// Lets members whose next move is another one go on in a copy of the world.
    fn part_before(&mut self, next: &Move<'c>, becomes: &mut dyn FnMut(Outcome<'c>)) {
        let differ = |(_, player): &mut (usize, Player<'c>)| player.next(&self.stage) != *next;
        let members: Members<'c> = self.members.extract_if(.., differ).collect();
        if !members.is_empty() {
            becomes(Outcome::Parted(Box::new(Group { stage: Some(self.stage.clone()), members })));
        }
    }

    /// Keeps the group as it is, if members may part after the next move.
    fn keep(&mut self) {
        if let Some((_, _, moves)) = &mut self.kept {
            *moves += 1;
        }
        let due = self.kept.as_ref().is_none_or(|(_, _, moves)| *moves >= KEPT_EVERY);
        let Some(((_, leader), others)) = self.members.split_first() else { return };
        let mut others = others.iter();
        let parts = |player: &Player<'_>| {
            player.answer() != leader.answer() || !player.faults.act_like(&leader.faults)
        };
        if due && others.any(|(_, player)| parts(player)) {
            self.kept = Some((self.stage.clone(), self.members.clone(), 0));
        }
    }

    /// Makes a move with the first member's faults. Returns the numbers of the members that part, because their faults
    /// have given other answers. Fails if the program panicked.
    fn make(&mut self, next: &Move<'c>) -> std::thread::Result<BTreeSet<usize>> {
        let Some(((_, leader), others)) = self.members.split_first_mut() else { return Ok(BTreeSet::new()) };
        let (stage, answer) = (&mut self.stage, leader.answer());
        let moved = catch_unwind(AssertUnwindSafe(|| stage.make(next, &mut leader.faults, answer)))?;
        let mut parted = BTreeSet::new();
        for (number, player) in others {
            let gates_alike = !moved.at_gate || player.answer() == answer;
            if !player.faults.answer_alike(&moved.asked) || !gates_alike {
                parted.insert(*number);
            }
        }
        self.members.retain(|(number, _)| !parted.contains(number));
        if moved.ends_act {
            for (_, player) in &mut self.members {
                player.end_act();
            }
        }
        Ok(parted)
    }

    /// Lets members go on from the world that was kept last. They come to the same move again, by themselves.
    fn part_after(&mut self, parted: BTreeSet<usize>, becomes: &mut dyn FnMut(Outcome<'c>)) {
        if parted.is_empty() {
            return;
        }
        match self.kept.take() {
            Some((stage, mut members, _)) => {
                members.retain(|(number, _)| parted.contains(number));
                becomes(Outcome::Parted(Box::new(Group { stage: Some(stage), members })));
            }
            // Not reached: a group is kept before members can part.
            None => {
                for number in parted {
                    becomes(Outcome::Alone(number));
                }
            }
        }
    }
}
