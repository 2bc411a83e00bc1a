//! Where webhooks may be sent: by https, and never into the network that this program stands in. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use crate::model::webhooks::LONGEST_URL;

/// How far webhooks reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, by https only.
    #[default]
    Public,
    /// Whatever this machine reaches, by http as well: for development.
    Anywhere,
}

/// Endings of names that lead nowhere outside.
const INNER_NAMES: [&str; 6] = ["localhost", "local", "internal", "lan", "home.arpa", "intranet"];

/// The address as it is kept, if events may be sent there.
///
/// # Errors
/// Why not, and what would be right, as a sentence.
pub fn checked(text: &str, reach: Reach) -> Result<Url, String> {
    let text = text.trim();
    if text.len() > LONGEST_URL {
        return Err(format!("Use an address of at most {LONGEST_URL} characters."));
    }
    let url = Url::parse(text)
        .map_err(|_| "Write a whole address, such as https://example.com/webhooks.".to_owned())?;
    allowed(&url, reach)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "Leave name and password out of the address: the signature proves who sends.".into()
        );
    }
    if url.fragment().is_some() {
        return Err("Leave out what stands behind #: it is never sent.".into());
    }
    Ok(url)
}

/// Whether an address may be sent to, as far as one sees without looking its name up.
///
/// # Errors
/// Why not, as a sentence.
pub fn allowed(url: &Url, reach: Reach) -> Result<(), String> {
    let Some(host) = url.host_str() else {
        return Err("Write a whole address, such as https://example.com/webhooks.".into());
    };
    match (url.scheme(), reach) {
        ("https", _) | ("http", Reach::Anywhere) => {}
        _ => return Err("Events are sent by https only: begin the address with https://.".into()),
    }
    if reach == Reach::Anywhere {
        return Ok(());
    }
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let is_inner = match host.parse::<IpAddr>() {
        Ok(address) => !is_public(address),
        Err(_) => {
            let ends = |name: &&str| host == **name || host.ends_with(&format!(".{name}"));
            !host.contains('.') || INNER_NAMES.iter().any(ends)
        }
    };
    if is_inner { Err(NOT_PUBLIC.to_owned()) } else { Ok(()) }
}

/// What is said of an address inside.
pub const NOT_PUBLIC: &str =
    "This address is of a private network. Events are sent to public addresses only.";

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => match inner_4(address) {
            Some(inner) => is_public_4(inner),
            None => is_public_6(address),
        },
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        // Shared by a provider's customers, for protocols, for benchmarks, and reserved.
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second))
        || first >= 240;
    !is_special
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // 2000::/3 is all that is given out; of it not Teredo and its like, documentation and 6to4.
    let is_given_out = first & 0xe000 == 0x2000;
    let is_special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || first == 0x3fff;
    is_given_out && !is_special
}

/// The older address that a newer one stands for.
fn inner_4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    let last = || {
        let [a, b] = seventh.to_be_bytes();
        let [c, d] = eighth.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match [first, second, third, fourth, fifth, sixth] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(last()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_told_from_public_ones() {
        for inside in [
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "::127.0.0.1",
            "fec0::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn an_address_is_refused_with_what_would_be_right() {
        let refused = |text: &str| checked(text, Reach::Public).unwrap_err();
        assert!(refused("http://example.com/hook").contains("https"));
        assert!(refused("ftp://example.com/hook").contains("https"));
        assert!(refused("example.com").contains("whole address"));
        assert!(refused("https://me:secret@example.com").contains("password"));
        assert!(refused("https://example.com/#here").contains('#'));
        assert!(refused(&format!("https://example.com/{}", "a".repeat(500))).contains("500"));
        for inside in [
            "https://127.0.0.1/hook",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]:8443/",
            "https://localhost/",
            "https://api.localhost/",
            "https://db.internal/",
            "https://printer/",
            "https://localhost./",
            "https://169.254.169.254/latest",
        ] {
            assert_eq!(refused(inside), NOT_PUBLIC, "{inside}");
        }
        assert!(checked(" https://example.com:8443/hook?a=b ", Reach::Public).is_ok());
    }

    #[test]
    fn an_installation_for_development_sends_anywhere() {
        assert!(checked("http://127.0.0.1:9000/hook", Reach::Anywhere).is_ok());
        assert!(checked("http://localhost/hook", Reach::Anywhere).is_ok());
        assert!(checked("file:///etc/passwd", Reach::Anywhere).is_err());
    }
}
