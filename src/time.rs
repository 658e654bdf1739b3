//! Time as data: whole seconds since 1970, from whatever clock the caller trusts.

/// Seconds since 1970-01-01T00:00:00Z, as in JWTs (`NumericDate`, RFC 7519 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// From a clock that counts milliseconds, rounded down.
    #[must_use]
    pub fn from_millis(milliseconds: f64) -> Self {
        Self::from_f64(milliseconds / 1000.0)
    }

    /// From a number that may have a fraction, rounded down; out of range is clamped.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
    pub fn from_f64(seconds: f64) -> Self {
        Self(seconds.floor() as i64)
    }

    /// This time `seconds` later; negative: earlier. Does not overflow.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this. Does not overflow.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Reads an `IMF-fixdate` (RFC 9110 §5.6.7), the only form that servers may send: `Sun, 06 Nov 1994 08:49:37 GMT`. Which day of
/// the week they say it is does not matter.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<UnixTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const MARKS: [(usize, &str); 7] = [(3, ", "), (7, " "), (11, " "), (16, " "), (19, ":"), (22, ":"), (25, " GMT")];
    let is_marked = |(at, mark): &(usize, &str)| text.get(*at..at + mark.len()) == Some(mark);
    (text.len() == 29 && MARKS.iter().all(is_marked)).then_some(())?;
    let number = |from: usize, to: usize| {
        let digits = text.as_bytes().get(from..to)?;
        digits.iter().try_fold(0, |n, digit| digit.is_ascii_digit().then(|| n * 10 + i64::from(digit - b'0')))
    };
    let name = text.get(8..11)?;
    let month = i64::try_from(MONTHS.iter().position(|month| *month == name)?).ok()? + 1;
    let year = number(12, 16).filter(|year| *year >= 1970)?;
    let first = days_since_epoch(year, month, 1);
    let next = if month == 12 { days_since_epoch(year + 1, 1, 1) } else { days_since_epoch(year, month + 1, 1) };
    let day = number(5, 7).filter(|day| (1..=next - first).contains(day))?;
    let hour = number(17, 19).filter(|hour| *hour < 24)?;
    let minute = number(20, 22).filter(|minute| *minute < 60)?;
    // RFC 9110 §5.6.7: 60 is a leap second.
    let second = number(23, 25).filter(|second| *second <= 60)?;
    Some(UnixTime((first + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day is a year's last.
const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_date_of_rfc_9110() {
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(UnixTime(784_111_777)));
        assert_eq!(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT"), Some(UnixTime(1_709_251_199)));
        assert_eq!(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(UnixTime(0)));
        assert_eq!(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), Some(UnixTime(1_483_228_800)));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "now",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Tue, 29 Feb 2023 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 06 Nov 1994 08:49:37 CET",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_does_not_overflow() {
        assert_eq!(UnixTime(i64::MAX).plus(1), UnixTime(i64::MAX));
        assert_eq!(UnixTime::from_f64(f64::INFINITY), UnixTime(i64::MAX));
    }
}
