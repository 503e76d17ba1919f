using System.Globalization;
using System.Text;
using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Reporting;

/// <summary>Writes a <see cref="RunReport"/> as one HTML file that needs no network and no script, and runs nothing that the data hold.</summary>
public static class ReportPage
{
    // Each step's loss is noisy: about the last ten steps show where it goes.
    private const double Smoothing = 0.9;

    /// <summary>Writes the page.</summary>
    /// <param name="report">What to show.</param>
    /// <param name="path">The file; one that is there is replaced as a whole.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(RunReport report, string path)
    {
        var unfinished = path + ".part";
        File.WriteAllText(unfinished, Render(report), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>The page's text.</summary>
    public static string Render(RunReport report)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:\">");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Html.Escape(report.Title)}</title><style>\n{StyleSheet()}</style></head>\n<body><main>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Html.Escape(report.Title)}</h1><p>{Html.Escape(report.Summary)}</p>\n");
        AppendHeadlines(page, report.Headlines);
        AppendCharts(page, report);
        foreach (var table in report.Tables)
        {
            AppendTable(page, table);
        }

        AppendSamples(page, report.Samples);
        AppendParts(page, report.Parts);
        page.Append(CultureInfo.InvariantCulture, $"<details><summary>Configuration as resolved</summary><pre>{Html.Escape(report.Configuration)}</pre></details>\n");
        return page.Append("</main></body></html>\n").ToString();
    }

    private static string StyleSheet()
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream("report.css")
            ?? throw new InvalidOperationException("The style sheet is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void AppendHeadlines(StringBuilder page, IReadOnlyList<(string Label, string Value)> headlines)
    {
        if (headlines.Count == 0)
        {
            return;
        }

        page.Append("<div class=\"headlines\">");
        foreach (var (label, value) in headlines)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"headline\"><b>{Html.Escape(value)}</b><span>{Html.Escape(label)}</span></div>");
        }

        page.Append("</div>\n");
    }

    private static void AppendCharts(StringBuilder page, RunReport report)
    {
        string[] charts =
        [
            LossChart("Training loss", report.LossUnit, report.Loss),
            .. report.Terms.Select(term => LossChart($"Objective {term.Kind}", "per target, not weighted", term.Loss)),
            new LineChart("Held-out loss", report.HeldOutUnit, [new Curve("another sample's media", "b", report.HeldOutShuffled), new Curve("own media", "a", report.HeldOut)]).ToSvg(),
            new LineChart("Learning rate", "per step", [new Curve("first parameter group", "c", report.LearningRate)]).ToSvg(),
        ];
        if (Array.Exists(charts, chart => chart.Length > 0))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>Curves</h2><div class=\"charts\">{string.Concat(charts)}</div>\n");
        }
    }

    private static string LossChart(string title, string unit, IReadOnlyList<ChartPoint> points)
    {
        var loss = new Curve("each step", "a", points, IsFaint: true);
        return new LineChart(title, unit, [loss, loss.Smoothed("moving average", Smoothing)]).ToSvg();
    }

    private static void AppendTable(StringBuilder page, ReportTable table)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Html.Escape(table.Title)}</h2><p>{Html.Escape(table.Caption)}</p><div class=\"scroll\"><table><thead><tr>");
        foreach (var column in table.Columns)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{Html.Escape(column)}</th>");
        }

        page.Append("</tr></thead><tbody>");
        foreach (var row in table.Rows)
        {
            page.Append("<tr>");
            foreach (var cell in row)
            {
                page.Append(CultureInfo.InvariantCulture, $"<td>{Html.Escape(cell)}</td>");
            }

            page.Append("</tr>");
        }

        page.Append("</tbody></table></div>\n");
    }

    private static void AppendSamples(StringBuilder page, IReadOnlyList<ReportSample> samples)
    {
        if (samples.Count == 0)
        {
            return;
        }

        page.Append("<h2>What the model said</h2><p>Greedy answers to held-out samples, taken in the data set's order, none chosen by hand.</p><div class=\"samples\">");
        foreach (var sample in samples)
        {
            page.Append("<div class=\"sample\">");
            if (sample.Medium is { } medium)
            {
                page.Append(Html.Medium(medium, sample.Name));
            }

            page.Append(CultureInfo.InvariantCulture, $"<div><div class=\"asked\">{Html.Escape(sample.Prompt)}</div>");
            AppendText(page, sample);
            page.Append("</div>");
            AppendMade(page, sample);
            page.Append("</div>");
        }

        page.Append("</div>\n");
    }

    /// <summary>What the answer says; nothing where media are all that it is to give, and all that it gave.</summary>
    private static void AppendText(StringBuilder page, ReportSample sample)
    {
        if (sample.Expectations.Count > 0 && sample.Answer.Length + sample.Truth.Length == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"<div class=\"said {(sample.Exact ? "right" : "wrong")}\">{Html.Escape(sample.Answer)}</div>");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"truth\">{(sample.Exact ? "as in the data" : "data: " + Html.Escape(sample.Truth))}</div>");
    }

    /// <summary>What the answer made, and beside it what the data's answer makes.</summary>
    private static void AppendMade(StringBuilder page, ReportSample sample)
    {
        if (sample.Made.Count + sample.Expectations.Count == 0)
        {
            return;
        }

        page.Append("<div class=\"made\">");
        foreach (var medium in sample.Made)
        {
            AppendFigure(page, medium, "made", sample.Name);
        }

        foreach (var medium in sample.Expectations)
        {
            AppendFigure(page, medium, "data", sample.Name);
        }

        page.Append("</div>");
    }

    private static void AppendFigure(StringBuilder page, ShownMedium medium, string from, string name)
    {
        var caption = medium.Text.Length == 0 ? from : $"{from}: {medium.Text}";
        page.Append(CultureInfo.InvariantCulture, $"<figure>{(medium.Content is { } content ? Html.Medium(content, name) : "")}<figcaption>{Html.Escape(caption)}</figcaption></figure>");
    }

    private static void AppendParts(StringBuilder page, IReadOnlyList<PartRow> parts)
    {
        if (parts.Count == 0)
        {
            return;
        }

        IReadOnlyList<string> Row(PartRow part) =>
        [
            part.Path,
            part.Kind,
            part.Parameters.ToString("N0", CultureInfo.InvariantCulture),
            part.Trainable.ToString("N0", CultureInfo.InvariantCulture),
            part.DataType,
            (part.Bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture),
        ];
        var total = parts.Sum(part => part.Parameters);
        var trainable = parts.Sum(part => part.Trainable);
        var share = total == 0 ? 0 : 100.0 * trainable / total;
        var caption = string.Create(CultureInfo.InvariantCulture, $"{trainable:N0} of {total:N0} parameters were trained ({share:0.##} %); all others were hashed before and after and are unchanged.");
        AppendTable(page, new ReportTable("Parts", caption, ["Part", "Kind", "Parameters", "Trained", "Type", "MiB"], [.. parts.Select(Row)]));
    }
}
