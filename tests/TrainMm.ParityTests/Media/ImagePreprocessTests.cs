using System.Text.RegularExpressions;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Data.Media;
using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Media;

public sealed partial class ImagePreprocessTests(ITestOutputHelper output)
{
    /// <summary>Normalised values are single float32 operations on the same bytes: only the last bit could differ.</summary>
    private const double Tolerance = 1e-6;

    // What SiglipImageProcessor and BlipImageProcessor normalise with where they are told nothing else.
    private static readonly Dictionary<string, (ChannelStatistics Mean, ChannelStatistics Std)> Processors = new(StringComparer.Ordinal)
    {
        ["siglip_norm"] = (new(0.5, 0.5, 0.5), new(0.5, 0.5, 0.5)),
        ["blip"] = (new(0.48145466, 0.4578275, 0.40821073), new(0.26862954, 0.26130258, 0.27577711)),
    };

    [GoldenTheory("image_preprocess")]
    public void EqualsTheReference(string name)
    {
        var golden = GoldenCases.All.Single(each => each.Name == name);
        using var scope = NewDisposeScope();
        using var io = new GoldenTensors(golden);
        using var report = new ParityReport(golden, output);
        var spec = PreprocessorConfig.Load(golden.Path("preprocessor_config.json"));
        var inputs = io.Under("in.").Select(key => KeyPattern().Match(key)).ToArray();
        Assert.NotEmpty(inputs);
        foreach (var number in inputs.Select(match => match.Groups["number"].Value))
        {
            using var image = ImageOf(io[$"in.{number}.rgb"]);
            ComparePng(golden, number, image);
            foreach (var key in io.Under($"out.{number}.")) Compare(report, key, $"out.{number}.{key}", image, spec, io);
        }

        io.AssertAllCompared();
    }

    private static void Compare(ParityReport report, string key, string name, RgbImage image, ImageSpec spec, GoldenTensors io)
    {
        var expected = io[name];
        switch (key)
        {
            case "resized_u8":
                var (width, height) = ImagePreprocessor.ResizedSize(image.Width, image.Height, spec.ShortestEdge ?? Math.Min(spec.Height, spec.Width));
                using (var resized = PilResize.Resize(image, width, height, spec.Resampling))
                {
                    Assert.Equal([height, width, 3], expected.shape);
                    Assert.True(resized.Pixels.SequenceEqual(expected.bytes), $"{name} is not the reference's bit for bit");
                }

                return;
            case "pixel_values":
                CompareValues(spec);
                return;
            case "llava_pad_pixel_values":
                CompareValues(spec with { Fit = ImageFit.Pad });
                return;
            default:
                var match = SquashPattern().Match(key);
                Assert.True(match.Success && Processors.ContainsKey(match.Groups["processor"].Value), $"{name}: nothing here knows what this is");
                var (mean, std) = Processors[match.Groups["processor"].Value];
                var size = int.Parse(match.Groups["size"].Value);
                var filter = match.Groups["filter"].Value == "bicubic" ? Resampling.Bicubic : Resampling.Bilinear;
                CompareValues(new ImageSpec(size, size, ImageFit.Squash, filter, mean, std));
                return;
        }

        void CompareValues(ImageSpec wanted)
        {
            var preprocessor = new ImagePreprocessor(wanted);
            var values = new float[preprocessor.Shape.Aggregate(1L, (product, side) => product * side)];
            preprocessor.Expand(preprocessor.Fit(image), values);
            var actual = tensor(values, [.. preprocessor.Shape]);
            report.Compare("out", name, actual, expected);
            Assert.InRange(actual.sub(expected).abs().max().item<float>(), 0, Tolerance);
        }
    }

    // The case's PNG, where it has one, must decode to the same pixels.
    private static void ComparePng(GoldenCase golden, string number, RgbImage image)
    {
        foreach (var file in Directory.EnumerateFiles(golden.Folder, $"img{number}_*.png"))
        {
            using var decoded = ImageDecoder.Decode(File.ReadAllBytes(file), file);
            Assert.Equal((image.Width, image.Height), (decoded.Width, decoded.Height));
            Assert.True(decoded.Pixels.SequenceEqual(image.Pixels), $"{file} decodes to other pixels");
        }
    }

    private static RgbImage ImageOf(Tensor rgb)
    {
        var image = new RgbImage((int)rgb.shape[1], (int)rgb.shape[0]);
        rgb.bytes.CopyTo(image.Pixels);
        return image;
    }

    [GeneratedRegex(@"^(?<number>\d+)\.rgb$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"^(?<filter>bicubic|bilinear)(?<size>\d+)_(?<processor>\w+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SquashPattern();
}
