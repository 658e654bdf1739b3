//! A drawing of the day, as an SVG that can be read on light and on dark paper.

use std::fmt::Write;

/// A line: hours since midnight, and requests a second.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 860.0;
const PANEL: f64 = 190.0;
const GAP: f64 = 62.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 58.0;

const STYLE: &str = "
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .axis { stroke: #59636e; stroke-width: 1 }
  .outage { fill: #cf222e; fill-opacity: 0.14 }
  .curve { fill: none; stroke-width: 1.6; stroke-linejoin: round }
  .first { stroke: #0969da }
  .second { stroke: #bc4c00 }
  .limit { stroke: #1a7f37; stroke-width: 1.4; stroke-dasharray: 6 4 }
  .note { font-size: 12px; fill: #59636e }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .grid { stroke: #3d444d }
    .axis { stroke: #9198a1 }
    .outage { fill: #f85149; fill-opacity: 0.22 }
    .first { stroke: #4493f8 }
    .second { stroke: #f0883e }
    .limit { stroke: #3fb950 }
    .note { fill: #9198a1 }
  }
";

/// One panel for each curve, one below the other, each with a scale of its own; `mean` is that of the first curve.
pub(crate) fn draw(curves: &[Curve], mean: f64, outage: (f64, f64)) -> String {
    let panels = u32::try_from(curves.len()).unwrap_or(u32::MAX);
    let height = TOP + f64::from(panels) * (PANEL + GAP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Requests a \
         second at the token endpoint over a day, with and without jitter\">\n<style>{STYLE}</style>\n"
    );
    let title = "Requests a second at the token endpoint: 1,000,000 clients that signed in at 9:00";
    // Writing into a string does not fail.
    let _ = writeln!(svg, "<text class=\"title\" x=\"{LEFT}\" y=\"24\">{title}</text>");
    let mut top = TOP;
    for (curve, class) in curves.iter().zip(["first", "second"]) {
        draw_panel(&mut svg, curve, class, top, mean, outage);
        top += PANEL + GAP;
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_panel(svg: &mut String, curve: &Curve, class: &str, top: f64, mean: f64, outage: (f64, f64)) {
    let (from, until) = match (curve.points.first(), curve.points.last()) {
        (Some((first, _)), Some((last, _))) => (*first, last.ceil()),
        _ => return,
    };
    let most = curve.points.iter().map(|(_, y)| *y).fold(2.2 * mean, f64::max);
    let step = round_step(most / 4.0);
    let highest = (most / step).ceil() * step;
    let x = |hour: f64| LEFT + (hour - from) / (until - from) * (WIDTH - LEFT - RIGHT);
    let y = |requests: f64| top + PANEL * (1.0 - requests / highest);
    let bottom = y(0.0);

    let (left, right) = (x(from), x(until));
    let (begins, ends) = (x(outage.0), x(outage.1));
    let _ = writeln!(
        svg,
        "<rect class=\"outage\" x=\"{begins:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{PANEL}\"/>",
        ends - begins
    );
    let mut line = 0.0;
    while line <= highest {
        let at = y(line);
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left:.1} {at:.1}H{right:.1}\"/>");
        let label = at + 4.0;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{label:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            thousands(line)
        );
        line += step;
    }
    let mut hour = from.ceil();
    while hour <= until {
        let at = x(hour);
        let _ = writeln!(svg, "<path class=\"axis\" d=\"M{at:.1} {bottom:.1}v5\"/>");
        let label = bottom + 20.0;
        let _ = writeln!(svg, "<text x=\"{at:.1}\" y=\"{label:.1}\" text-anchor=\"middle\">{hour:.0}:00</text>");
        hour += 1.0;
    }
    let _ = writeln!(svg, "<path class=\"axis\" d=\"M{left:.1} {bottom:.1}H{right:.1}\"/>");
    let limit = y(2.0 * mean);
    let _ = writeln!(svg, "<path class=\"limit\" d=\"M{left:.1} {limit:.1}H{right:.1}\"/>");
    let mut path = String::new();
    for (index, (hour, requests)) in curve.points.iter().enumerate() {
        let _ = write!(path, "{}{:.1} {:.1}", if index == 0 { 'M' } else { 'L' }, x(*hour), y(*requests));
    }
    let _ = writeln!(svg, "<path class=\"curve {class}\" d=\"{path}\"/>");
    let _ = writeln!(svg, "<text x=\"{left:.1}\" y=\"{:.1}\">{}</text>", top - 10.0, curve.name);
    let note = "requests a second · dashed: twice the mean · shaded: the outage";
    let _ = writeln!(
        svg,
        "<text class=\"note\" x=\"{right:.1}\" y=\"{:.1}\" text-anchor=\"end\">{note}</text>",
        top - 10.0
    );
}

/// 1, 2 or 5 times a power of ten, not less than this.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

fn thousands(number: f64) -> String {
    let (thousands, rest) = ((number / 1_000.0).floor(), number % 1_000.0);
    if thousands > 0.0 { format!("{thousands:.0},{rest:03.0}") } else { format!("{rest:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!([0.0, 500.0, 1_000.0, 12_050.0].map(thousands), ["0", "500", "1,000", "12,050"]);
        assert!((round_step(340.0) - 500.0).abs() < 1e-9);
    }
}
