//! Identifiers in AWS's shapes, drawn from the seed.

use std::str::FromStr;

use fastrand::Rng;

/// Letters and digits of DRS's ids.
const ALPHANUMERIC: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Digits of EC2's ids.
const HEX: &[u8] = b"0123456789abcdef";
/// Letters and digits of Route 53's ids.
const UPPER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Draws an id in EC2's shape: a prefix and 17 hexadecimal digits.
pub(crate) fn hex<T: FromStr>(rng: &mut Rng, prefix: &str) -> T {
    draw(rng, prefix, HEX, 17)
}

/// Draws an id in DRS's shape: a prefix and 17 letters or digits.
pub(crate) fn drs<T: FromStr>(rng: &mut Rng, prefix: &str) -> T {
    draw(rng, prefix, ALPHANUMERIC, 17)
}

/// Draws an id in Route 53's shape: a prefix and 20 capital letters or digits.
pub(crate) fn route53<T: FromStr>(rng: &mut Rng, prefix: &str) -> T {
    draw(rng, prefix, UPPER, 20)
}

fn draw<T: FromStr>(rng: &mut Rng, prefix: &str, alphabet: &[u8], length: usize) -> T {
    let mut text = prefix.to_owned();
    for _ in 0..length {
        text.push(char::from(alphabet[rng.usize(..alphabet.len())]));
    }
    text.parse().ok().expect("the drawn text has the shape of the id that it is drawn for")
}

/// Mixes two numbers into one that seems random and depends on nothing else (the finalizer of SplitMix64).
///
/// Describing calls use it: a draw from the generator of the world would change everything that comes after it.
pub(crate) fn mix(seed: u64, salt: u64) -> u64 {
    let mut z = seed ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
