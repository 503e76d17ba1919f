using System.Globalization;
using System.Text;

namespace TrainMm.Training.Reporting;

/// <summary>A line chart as inline SVG: labelled axes, a grid, a legend, no script.</summary>
/// <param name="title">Above the chart.</param>
/// <param name="unit">What the vertical axis measures.</param>
/// <param name="curves">What is drawn, the last on top.</param>
public sealed class LineChart(string title, string unit, IReadOnlyList<Curve> curves)
{
    private const int Width = 640;
    private const int Height = 300;
    private const int Left = 58;
    private const int Right = 14;
    private const int Top = 40;
    private const int Bottom = 38;

    // More points than pixels make a heavy page and show nothing more.
    private const int MostPoints = 600;

    /// <summary>The chart; empty text where no curve has two finite points.</summary>
    public string ToSvg()
    {
        var finite = curves.SelectMany(curve => curve.Points).Where(point => double.IsFinite(point.Value)).ToList();
        if (finite.Count < 2)
        {
            return string.Empty;
        }

        var steps = Axis.Over(finite.Min(point => point.Step), finite.Max(point => point.Step), 6);
        var values = Axis.Over(finite.Min(point => point.Value), finite.Max(point => point.Value), 5);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Html.Escape(title)}\">");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"title\" x=\"{Left}\" y=\"16\">{Html.Escape(title)}</text>");
        AppendGrid(svg, steps, values);
        foreach (var curve in curves)
        {
            AppendCurve(svg, curve, steps, values);
        }

        AppendLegend(svg);
        return svg.Append("</svg>").ToString();
    }

    private static double X(Axis steps, double step) => Left + (steps.Share(step) * (Width - Left - Right));

    private static double Y(Axis values, double value) => Height - Bottom - (values.Share(value) * (Height - Top - Bottom));

    private static void AppendCurve(StringBuilder svg, Curve curve, Axis steps, Axis values)
    {
        var stride = Math.Max(1, (curve.Points.Count + MostPoints - 1) / MostPoints);
        var path = new StringBuilder();
        var isDrawing = false;
        for (var i = 0; i < curve.Points.Count; i += i + stride < curve.Points.Count || i == curve.Points.Count - 1 ? stride : curve.Points.Count - 1 - i)
        {
            var point = curve.Points[i];
            if (!double.IsFinite(point.Value))
            {
                isDrawing = false;
                continue;
            }

            path.Append(CultureInfo.InvariantCulture, $"{(isDrawing ? 'L' : 'M')}{X(steps, point.Step):0.#} {Y(values, point.Value):0.#}");
            isDrawing = true;
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"curve {curve.Style}{(curve.IsFaint ? " faint" : string.Empty)}\" d=\"{path}\"/>");
        if (curve.Points.Count <= 40)
        {
            foreach (var point in curve.Points.Where(point => double.IsFinite(point.Value)))
            {
                svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot {curve.Style}\" cx=\"{X(steps, point.Step):0.#}\" cy=\"{Y(values, point.Value):0.#}\" r=\"2.6\"/>");
            }
        }
    }

    private void AppendGrid(StringBuilder svg, Axis steps, Axis values)
    {
        foreach (var tick in values.Ticks)
        {
            var y = Y(values, tick);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick end\" x=\"{Left - 7}\" y=\"{y + 4:0.#}\">{values.Label(tick)}</text>");
        }

        foreach (var tick in steps.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick middle\" x=\"{X(steps, tick):0.#}\" y=\"{Height - Bottom + 17}\">{steps.Label(tick)}</text>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick end\" x=\"{Width - Right}\" y=\"{Height - 4}\">step</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{Left}\" y=\"{Height - 4}\">{Html.Escape(unit)}</text>");
    }

    private void AppendLegend(StringBuilder svg)
    {
        var x = Left;
        foreach (var curve in curves.Where(curve => !curve.IsFaint && curve.Points.Count > 0))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"curve {curve.Style}\" x1=\"{x}\" x2=\"{x + 16}\" y1=\"28\" y2=\"28\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{x + 21}\" y=\"32\">{Html.Escape(curve.Name)}</text>");
            x += 36 + (int)(curve.Name.Length * 6.2);
        }
    }
}
