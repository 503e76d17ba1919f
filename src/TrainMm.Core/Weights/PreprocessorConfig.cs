using System.Text.Json;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;

namespace TrainMm.Core.Weights;

/// <summary>
/// Reads Hugging Face's <c>preprocessor_config.json</c> of an image encoder (CLIPImageProcessor, BitImageProcessor, ViTImageProcessor, SiglipImageProcessor,
/// BlipImageProcessor and what else resizes, crops, rescales by 1/255 and normalises) as an <see cref="ImageSpec"/>.
/// </summary>
public sealed class PreprocessorConfig
{
    private const double RescaleFactor = 1.0 / 255.0;
    private readonly string path;
    private readonly JsonElement root;
    private readonly List<Diagnostic> findings = [];

    private PreprocessorConfig(string path, JsonElement root) => (this.path, this.root) = (path, root);

    /// <summary>Reads the file; all that cannot be honoured is reported at once, never left out.</summary>
    /// <exception cref="ConfigurationException">The file is missing, is no JSON, or asks for a step that an <see cref="ImageSpec"/> cannot say.</exception>
    public static ImageSpec Load(string path)
    {
        try
        {
            using var document = JsonBytes.Parse(File.ReadAllBytes(path));
            return new PreprocessorConfig(path, document.RootElement).Read();
        }
        catch (JsonException error)
        {
            throw Single(path, (int)(error.LineNumber ?? -1) + 1, $"This is not JSON: {error.Message.Split(" LineNumber", 2)[0]}");
        }
        catch (IOException)
        {
            throw Single(path, 0, "The image encoder's preprocessor_config.json cannot be read.");
        }
    }

    private static ConfigurationException Single(string path, int line, string message) => new([new Diagnostic(Severity.Error, path, line, 0, message)]);

    private ImageSpec Read()
    {
        if (root.ValueKind != JsonValueKind.Object) throw Single(path, 0, "The file must hold a JSON object.");
        if (!Flag("do_resize", true)) Report("`do_resize: false` is not supported: an encoder has one input size.");
        if (!Flag("do_rescale", true) || Math.Abs(Number("rescale_factor", RescaleFactor) - RescaleFactor) > 1e-9) Report("Only `do_rescale: true` with a `rescale_factor` of 1/255 is supported.");
        var resampling = Number("resample", 3) switch
        {
            2 => Resampling.Bilinear,
            3 => Resampling.Bicubic,
            var other => Report($"`resample: {other}` is not supported; 2 (bilinear) and 3 (bicubic) are.", Resampling.Bicubic),
        };
        var normalise = Flag("do_normalize", true);
        var mean = normalise ? Channels("image_mean") : new ChannelStatistics(0, 0, 0);
        var std = normalise ? Channels("image_std") : new ChannelStatistics(1, 1, 1);
        var spec = Geometry(resampling, mean, std);
        return findings.Count == 0 ? spec : throw new ConfigurationException(findings);
    }

    private ImageSpec Geometry(Resampling resampling, ChannelStatistics mean, ChannelStatistics std)
    {
        var crops = Flag("do_center_crop", root.TryGetProperty("crop_size", out _));
        var size = Size("size", squareByDefault: !crops);
        if (!crops)
        {
            if (size.ShortestEdge is not null) Report("`size.shortest_edge` without `do_center_crop` gives pictures of many shapes, which is not supported.");
            return new ImageSpec(size.Height, size.Width, ImageFit.Squash, resampling, mean, std);
        }

        var crop = Size("crop_size", squareByDefault: true);
        if (size.ShortestEdge is { } edge)
            return new ImageSpec(crop.Height, crop.Width, ImageFit.CenterCrop, resampling, mean, std, edge == Math.Min(crop.Height, crop.Width) ? null : edge);
        if ((size.Height, size.Width) != (crop.Height, crop.Width)) Report("`size` with height and width, followed by a `crop_size` of another size, is not supported.");
        return new ImageSpec(size.Height, size.Width, ImageFit.Squash, resampling, mean, std);
    }

    // A bare number is an edge: of a square, or the shortest one for the processors that crop (as transformers reads it).
    private (int Height, int Width, int? ShortestEdge) Size(string name, bool squareByDefault)
    {
        if (root.TryGetProperty(name, out var value))
        {
            if (TryEdge(value, out var edge)) return (edge, edge, squareByDefault ? null : edge);
            if (value.ValueKind == JsonValueKind.Object)
            {
                if (value.TryGetProperty("shortest_edge", out var shortest) && TryEdge(shortest, out edge)) return (edge, edge, edge);
                if (value.TryGetProperty("height", out var h) && value.TryGetProperty("width", out var w) && TryEdge(h, out var height) && TryEdge(w, out var width))
                    return (height, width, null);
            }
        }

        return Report($"`{name}` must be a positive number of pixels, {{shortest_edge}} or {{height, width}}.", (1, 1, (int?)null));
    }

    private static bool TryEdge(JsonElement value, out int edge)
    {
        edge = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out edge) && edge > 0;
    }

    private ChannelStatistics Channels(string name)
    {
        if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number))
        {
            return new ChannelStatistics(value[0].GetDouble(), value[1].GetDouble(), value[2].GetDouble());
        }

        return Report($"`{name}` must list three numbers, for red, green and blue.", new ChannelStatistics(0, 0, 0));
    }

    private bool Flag(string name, bool otherwise)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return otherwise;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Report($"`{name}` must be true or false.", otherwise);
    }

    private double Number(string name, double otherwise)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return otherwise;
        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : Report($"`{name}` must be a number.", otherwise);
    }

    private void Report(string message) => findings.Add(new Diagnostic(Severity.Error, path, 0, 0, message));

    private T Report<T>(string message, T instead)
    {
        Report(message);
        return instead;
    }
}
