using TrainMm.Training.Evaluation;
using TrainMm.Training.Loop;
using TrainMm.Training.Reporting;

namespace TrainMm.Tests.Training.Reporting;

public sealed class ReportPageTests
{
    private static readonly string Png = DataUri.Of([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);

    [Fact]
    public void TextFromTheDataIsShownNotRun()
    {
        var page = ReportPage.Render(Report() with
        {
            Title = "<script>alert(1)</script>",
            Samples = [new ReportSample("\"><script>", Png, "<b>?</b>", "<img src=x onerror=alert(1)>", "a & b", Exact: false)],
        });

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;", page, StringComparison.Ordinal);
        Assert.Contains("a &amp; b", page, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePageNeedsNoNetwork()
    {
        var page = ReportPage.Render(Report());

        Assert.DoesNotContain("http:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,", page, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatWasMadeStandsBesideWhatTheDataHave()
    {
        var wav = DataUri.Of([.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8]);
        var mp4 = DataUri.Of([0, 0, 0, 0, .. "ftyp"u8]);
        var page = ReportPage.Render(Report() with
        {
            Samples =
            [
                new ReportSample("m1", null, "draw a cat", "", "", Exact: true)
                {
                    Made = [new ShownMedium("image", "", Png), new ShownMedium("audio", "", wav), new ShownMedium("video", "", mp4), new ShownMedium("", "no <ffmpeg>", null)],
                    Expectations = [new ShownMedium("image", "a \"cat\"", Png), new ShownMedium("image", "", "data:text/html;base64,PGI+")],
                },
            ],
        });

        Assert.Contains($"<figure><img src=\"{Png}\" alt=\"m1\"><figcaption>made</figcaption></figure>", page, StringComparison.Ordinal);
        Assert.Contains($"<audio src=\"{wav}\" aria-label=\"m1\" controls></audio>", page, StringComparison.Ordinal);
        Assert.Contains($"<video src=\"{mp4}\" aria-label=\"m1\" controls loop muted></video>", page, StringComparison.Ordinal);
        Assert.Contains("<figure><figcaption>made: no &lt;ffmpeg&gt;</figcaption></figure>", page, StringComparison.Ordinal);
        Assert.Contains("<figcaption>data: a &quot;cat&quot;</figcaption>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("text/html", page, StringComparison.Ordinal);
        Assert.Contains("media-src data:", page, StringComparison.Ordinal);
    }

    [Fact]
    public void CurvesTablesAndPartsAreThere()
    {
        var page = ReportPage.Render(Report());

        Assert.Equal(3, page.Split("<svg").Length - 1);
        Assert.Contains("<td>test_drawing</td><td>0.80</td>", page, StringComparison.Ordinal);
        Assert.Contains("115,200 of 3,000,000 parameters were trained (3.84 %)", page, StringComparison.Ordinal);
    }

    [Fact]
    public void AValueThatIsNotFiniteBreaksTheCurve()
    {
        var svg = new LineChart("t", "u", [new Curve("c", "a", [new(0, 1), new(1, double.NaN), new(2, 3), new(3, 2)])]).ToSvg();

        Assert.Equal(2, svg.Split('M').Length - 1);
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLastPointOfALongCurveIsDrawn()
    {
        var points = Enumerable.Range(0, 10_001).Select(i => new ChartPoint(i, i)).ToList();

        var svg = new LineChart("t", "u", [new Curve("c", "a", points)]).ToSvg();

        Assert.Contains("L626 40", svg, StringComparison.Ordinal);
    }

    private static RunReport Report() => new()
    {
        Title = "demo/pretrain",
        Summary = "A run.",
        Headlines = [("held-out loss", "0.80")],
        Loss = [.. Enumerable.Range(1, 100).Select(i => new ChartPoint(i, 3.0 / Math.Sqrt(i)))],
        LearningRate = [.. Enumerable.Range(1, 100).Select(i => new ChartPoint(i, 0.002 * (100 - i) / 100))],
        HeldOut = [new(50, 1.1), new(100, 0.9)],
        HeldOutShuffled = [new(50, 1.5), new(100, 1.6)],
        Parts = [new PartRow("image.encoder", "clip_vit", 2_884_800, 0, "bfloat16", 5_769_600), new PartRow("image.input_projector", "mlp", 115_200, 115_200, "float32", 460_800)],
        Tables = [new ReportTable("Held out", "Lower is better.", ["split", "loss"], [["test_drawing", "0.80"]])],
        Samples = [new ReportSample("p1", Png, "What is this?", "a cat", "a cat", Exact: true)],
        Configuration = "seed: 0",
    };
}
