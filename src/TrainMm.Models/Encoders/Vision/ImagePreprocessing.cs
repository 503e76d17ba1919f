using TrainMm.Core.Roles;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>How images are prepared for a tower whose checkpoint does not say.</summary>
/// <param name="Fit">How the aspect ratio is dealt with.</param>
/// <param name="Resampling">The filter.</param>
/// <param name="Mean">Per channel, of values in [0, 1].</param>
/// <param name="Std">Per channel, of values in [0, 1].</param>
internal sealed record ImageDefaults(ImageFit Fit, Resampling Resampling, IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary><see cref="Mean"/>, as a spec has it.</summary>
    public ChannelStatistics MeanStatistics => Statistics(Mean);

    /// <summary><see cref="Std"/>, as a spec has it.</summary>
    public ChannelStatistics StdStatistics => Statistics(Std);

    /// <summary>Hugging Face's <c>CLIPImageProcessor</c>.</summary>
    public static ImageDefaults Clip { get; } = new(ImageFit.CenterCrop, Resampling.Bicubic, [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]);

    /// <summary><c>SiglipImageProcessor</c>.</summary>
    public static ImageDefaults Siglip { get; } = new(ImageFit.Squash, Resampling.Bicubic, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);

    /// <summary><c>ViTImageProcessor</c>.</summary>
    public static ImageDefaults Vit { get; } = Siglip with { Resampling = Resampling.Bilinear };

    /// <summary>Statistics of ImageNet, as DINOv2 takes them.</summary>
    public static ImageDefaults ImageNet { get; } = Clip with { Mean = [0.485, 0.456, 0.406], Std = [0.229, 0.224, 0.225] };

    private static ChannelStatistics Statistics(IReadOnlyList<double> numbers) => new((float)numbers[0], (float)numbers[1], (float)numbers[2]);
}

/// <summary>Reads how a tower wants its images from <c>preprocessor_config.json</c>; what the file does not say is as in the tower's own processor.</summary>
internal static class ImagePreprocessing
{
    private const string FileName = "preprocessor_config.json";

    /// <summary>Pillow's numbers for its filters.</summary>
    private const int Bilinear = 2;
    private const int Bicubic = 3;

    /// <summary>The input of a tower.</summary>
    /// <param name="folder">The checkpoint's folder, or null without one.</param>
    /// <param name="imageSize">Pixels of the square that the tower was made for.</param>
    /// <param name="defaults">What the file does not say.</param>
    /// <param name="exact">Whether the tower takes no other size than its own.</param>
    /// <exception cref="Core.Diagnostics.CheckpointException">The file asks for what is not known here, or for another size than such a tower's.</exception>
    public static ImageSpec Read(string? folder, int imageSize, ImageDefaults defaults, bool exact)
    {
        if (folder is null || !File.Exists(Path.Combine(folder, FileName)))
            return new(imageSize, imageSize, defaults.Fit, defaults.Resampling, defaults.MeanStatistics, defaults.StdStatistics);
        var config = HuggingFaceConfig.Open(folder, FileName);
        foreach (var step in (string[])["do_resize", "do_rescale", "do_normalize"])
        {
            if (!config.Flag(step, true)) throw config.Fault(step, "is false, which is not known here");
        }

        if (Math.Abs((config.Number("rescale_factor", 1 / 255.0) * 255) - 1) > 1e-6) throw config.Fault("rescale_factor", "is not 1/255");
        var (shortest, square, crop) = Geometry(config, imageSize, defaults.Fit != ImageFit.Squash);
        if (exact && ((square ?? shortest) != imageSize || (crop ?? shortest) != imageSize))
            throw config.Fault("size", $"asks for other images than the tower's {imageSize} × {imageSize} pixels");
        if (square is not null && crop is not null && square != crop) throw config.Fault("crop_size", $"is {crop}, though images are squares of {square} pixels before");
        var resampling = config.Integer("resample", defaults.Resampling == Resampling.Bilinear ? Bilinear : Bicubic) switch
        {
            Bicubic => Resampling.Bicubic,
            Bilinear => Resampling.Bilinear,
            var other => throw config.Fault("resample", $"is {other}; known here: {Bilinear} (bilinear), {Bicubic} (bicubic)"),
        };
        var found = defaults with { Mean = Channels(config, "image_mean", defaults.Mean), Std = Channels(config, "image_std", defaults.Std) };
        var side = crop ?? square ?? imageSize;
        return new(
            side,
            side,
            Fit(config, square is null),
            resampling,
            found.MeanStatistics,
            found.StdStatistics,
            shortest == side ? null : shortest);
    }

    /// <summary>What images are resized to, the shortest edge or a square, and what is cut out of that.</summary>
    private static (int? Shortest, int? Square, int? Crop) Geometry(HuggingFaceConfig config, int imageSize, bool cropsByDefault)
    {
        var crops = config.Flag("do_center_crop", cropsByDefault);
        var (shortest, square) = Sizes(config, "size", imageSize, isEdge: crops || cropsByDefault);
        if (!crops && square is null) throw config.Fault("do_center_crop", "is false though only the shortest edge is given; only squares are known here");
        var crop = crops ? Sizes(config, "crop_size", imageSize, isEdge: false).Square : square;
        return (shortest, square, crop);
    }

    /// <summary>What LLaVA's own processor adds to CLIP's: images are padded to squares first.</summary>
    private static ImageFit Fit(HuggingFaceConfig config, bool keepsAspect) =>
        config.Flag("do_pad", false) ? ImageFit.Pad : keepsAspect ? ImageFit.CenterCrop : ImageFit.Squash;

    /// <summary>A size is a number (the shortest edge for processors that crop, else a square's), <c>{shortest_edge}</c> or <c>{height, width}</c>.</summary>
    private static (int? Shortest, int? Square) Sizes(HuggingFaceConfig config, string key, int otherwise, bool isEdge)
    {
        if (!config.IsObject(key))
        {
            var number = config.Has(key) ? config.Integer(key) : otherwise;
            return isEdge ? (number, null) : (null, number);
        }

        var section = config.Section(key);
        if (section.Has("shortest_edge")) return isEdge ? (section.Integer("shortest_edge"), null) : throw section.Fault("shortest_edge", "does not say how wide images are; only squares are known here");
        var height = section.Integer("height");
        return section.Integer("width") == height ? (null, height) : throw section.Fault("width", "is not the height; only squares are known here");
    }

    private static IReadOnlyList<double> Channels(HuggingFaceConfig config, string key, IReadOnlyList<double> otherwise)
    {
        var numbers = config.Numbers(key);
        return numbers.Count switch
        {
            0 => otherwise,
            3 => numbers,
            _ => throw config.Fault(key, $"has {numbers.Count} numbers, three were expected"),
        };
    }
}
