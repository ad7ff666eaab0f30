//! Proxies, as the environment names them: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Lower case goes before
//! upper case, as with the AWS CLI.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

use super::mistake::Mistake;
use super::variables::Variables;

const HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const HTTP: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const NO: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// One proxy. It is shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The whole URL, password and all.
    url: String,
    shown: String,
    /// The variable that names it.
    pub variable: String,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.shown, self.variable)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl Proxy {
    fn read(variable: &str, value: &str) -> Result<Self, Mistake> {
        let wrong = |what: &str| {
            Mistake::new(
                format!("{variable} {what}"),
                "it is such as http://proxy.example.com:8080, or http://USER:PASSWORD@proxy.example.com:8080 with what \
                 is special in them percent-encoded",
            )
        };
        let value = value.trim();
        let url = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let uri: Uri = url.parse().map_err(|_| wrong("is not the URL of a proxy"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(scheme) if scheme.starts_with("socks") => {
                return Err(wrong("names a SOCKS proxy; AWS is asked by HTTP proxies only"));
            }
            _ => return Err(wrong("is not the URL of a proxy")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("is not the URL of a proxy"))?.as_str();
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        if place.is_empty() || place.starts_with(':') {
            return Err(wrong("names no host"));
        }
        let user = match user.map(|user| user.split_once(':')) {
            None => String::new(),
            Some(Some((user, _))) => format!("{user}:***@"),
            Some(None) => format!("{}@", user.unwrap_or_default()),
        };
        let shown = format!("{}://{user}{place}", uri.scheme_str().unwrap_or("http"));
        Ok(Self { url, shown, variable: variable.to_owned() })
    }

    /// The whole URL. For the HTTP client's eyes only.
    pub(super) fn secret_url(&self) -> &str {
        &self.url
    }
}

/// Which proxy is asked for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    /// What `NO_PROXY` says, and its name as it is written.
    no: Option<(&'static str, String)>,
}

impl Proxies {
    /// What the environment says.
    ///
    /// # Errors
    /// A variable that is not the URL of a proxy for HTTP.
    pub fn read(variables: &Variables) -> Result<Self, Mistake> {
        let of =
            |names: &[&str]| variables.first(names).map(|(variable, value)| Proxy::read(variable, value)).transpose();
        let no =
            variables.first(&NO).map(|(name, hosts)| (if name == NO[0] { NO[0] } else { NO[1] }, hosts.to_owned()));
        Ok(Self { http: of(&HTTP)?, https: of(&HTTPS)?, no })
    }

    /// The proxy for URLs that begin with `https`.
    pub fn https(&self) -> Option<&Proxy> {
        self.https.as_ref()
    }

    /// The proxy for URLs that begin with `http`.
    pub fn http(&self) -> Option<&Proxy> {
        self.http.as_ref()
    }

    /// The proxy that a request to `uri` goes through. This machine, and the addresses at which clouds tell an instance
    /// about itself, are always asked directly: elsewhere they would be another machine's.
    pub fn to(&self, uri: &Uri) -> Option<&Proxy> {
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        let https = uri.scheme_str() == Some("https");
        let proxy = if https { &self.https } else { &self.http }.as_ref()?;
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let direct = is_own(host) || self.no.as_ref().is_some_and(|(_, hosts)| names(hosts, host, port));
        (!direct).then_some(proxy)
    }

    /// For people: what is asked through which proxy, and what is not.
    pub fn describe(&self) -> Option<String> {
        let proxy = match (&self.https, &self.http) {
            (None, None) => return None,
            (Some(https), Some(http)) if https == http => format!("{https}"),
            (Some(https), None) => format!("{https}, for https"),
            (None, Some(http)) => format!("{http}, for http; https goes without one"),
            (Some(https), Some(http)) => format!("{https} for https, {http} for http"),
        };
        let no = self.no.as_ref().map(|(name, hosts)| format!("; not for {} ({name})", hosts.trim()));
        Some(proxy + &no.unwrap_or_default())
    }
}

/// This machine, or its cloud's metadata.
fn is_own(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        // fd00:ec2::254 is the instance's metadata, fd00:ec2::23 the endpoint of EKS Pod Identity.
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.segments().starts_with(&[0xfd00, 0x0ec2]),
        Err(_) => false,
    }
}

/// Whether `NO_PROXY` names the host: a name with everything below it, an address, a range of them, or `*`.
fn names(hosts: &str, host: &str, port: u16) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    hosts.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(
        |entry| {
            if entry == "*" {
                return true;
            }
            if let (Some((net, bits)), Some(address)) = (entry.split_once('/'), address) {
                return matches!((net.parse(), bits.parse()), (Ok(net), Ok(bits)) if is_in(address, net, bits));
            }
            let (entry, of_port) = match entry.rsplit_once(':').map(|(name, port)| (name, port.parse::<u16>())) {
                Some((name, Ok(port))) if !name.contains(':') => (name.to_owned(), Some(port)),
                _ => (entry, None),
            };
            if of_port.is_some_and(|of_port| of_port != port) {
                return false;
            }
            if let Some(address) = address {
                return entry.trim_matches(['[', ']']).parse() == Ok(address);
            }
            let name = entry.trim_start_matches('*').trim_start_matches('.');
            !name.is_empty() && host.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        },
    )
}

fn is_in(address: IpAddr, net: IpAddr, bits: u32) -> bool {
    match (address, net) {
        (IpAddr::V4(address), IpAddr::V4(net)) if bits <= 32 => {
            let differ = u32::from(address) ^ u32::from(net);
            differ.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(net)) if bits <= 128 => {
            let differ = u128::from(address) ^ u128::from(net);
            differ.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(variables: &[(&str, &str)], uri: &str) -> Option<String> {
        Proxies::read(&variables.into()).unwrap().to(&uri.parse().unwrap()).map(ToString::to_string)
    }

    #[test]
    fn each_scheme_has_its_variable_and_lower_case_goes_first() {
        const AWS: &str = "https://sts.eu-west-1.amazonaws.com/";
        assert_eq!(to(&[], AWS), None);
        assert_eq!(to(&[("HTTPS_PROXY", "proxy:1")], AWS).unwrap(), "http://proxy:1 (HTTPS_PROXY)");
        assert_eq!(to(&[("HTTP_PROXY", "proxy:1")], AWS), None);
        assert_eq!(to(&[("HTTP_PROXY", "proxy:1")], "http://moto:5000/").unwrap(), "http://proxy:1 (HTTP_PROXY)");
        let both = [("HTTPS_PROXY", "up:1"), ("https_proxy", "low:1"), ("ALL_PROXY", "all:1")];
        assert_eq!(to(&both, AWS).unwrap(), "http://low:1 (https_proxy)");
        let empty = [("https_proxy", ""), ("ALL_PROXY", "https://all:1")];
        assert_eq!(to(&empty, AWS).unwrap(), "https://all:1 (ALL_PROXY)");
    }

    #[test]
    fn no_proxy_knows_names_addresses_ranges_and_ports() {
        let direct = |no: &str, uri: &str| to(&[("ALL_PROXY", "p:1"), ("NO_PROXY", no)], uri).is_none();
        let sts = "https://sts.eu-west-1.amazonaws.com/";
        for no in [
            "*",
            "amazonaws.com",
            ".amazonaws.com",
            "*.amazonaws.com",
            "x, sts.eu-west-1.amazonaws.com",
            "AMAZONAWS.com:443",
        ] {
            assert!(direct(no, sts), "{no}");
        }
        for no in ["", "aws.com", "iam.amazonaws.com", "amazonaws.com:8443", "10.0.0.0/8"] {
            assert!(!direct(no, sts), "{no}");
        }
        assert!(direct("10.0.0.0/8", "http://10.9.8.7/") && direct("10.9.8.7", "http://10.9.8.7:80/"));
        assert!(direct("fd12::/16", "http://[fd12::1]/") && direct("0.0.0.0/0", "http://1.2.3.4/"));
        assert!(!direct("10.0.0.0/8", "http://11.0.0.1/") && !direct("10.0.0.0/99", "http://10.0.0.1/"));
    }

    #[test]
    fn this_machine_and_its_metadata_are_asked_directly() {
        for own in [
            "127.0.0.1:4566",
            "localhost",
            "a.localhost",
            "[::1]:1",
            "169.254.169.254",
            "169.254.170.2",
            "[fd00:ec2::254]",
        ] {
            assert_eq!(to(&[("ALL_PROXY", "p:1")], &format!("http://{own}/")), None, "{own}");
        }
    }

    #[test]
    fn a_password_is_not_shown_and_what_is_no_proxy_is_told() {
        let proxies =
            Proxies::read(&[("HTTPS_PROXY", "http://me:s%40cret@proxy:8080/"), ("NO_PROXY", "a.b")][..].into());
        let proxies = proxies.unwrap();
        assert_eq!(
            proxies.describe().unwrap(),
            "http://me:***@proxy:8080 (HTTPS_PROXY), for https; not for a.b (NO_PROXY)"
        );
        assert!(!format!("{proxies:?}").contains("cret"));
        for (value, told) in [
            ("socks5://p:1", "HTTPS_PROXY names a SOCKS proxy; AWS is asked by HTTP proxies only"),
            ("ftp://p:1", "HTTPS_PROXY is not the URL of a proxy"),
            ("http://me:a b@p:1", "HTTPS_PROXY is not the URL of a proxy"),
            ("http://:8080", "HTTPS_PROXY is not the URL of a proxy"),
        ] {
            let wrong = Proxies::read(&[("HTTPS_PROXY", value)][..].into()).unwrap_err();
            assert!(wrong.told == told || wrong.told.contains("names no host"), "{value}: {wrong}");
        }
    }
}
