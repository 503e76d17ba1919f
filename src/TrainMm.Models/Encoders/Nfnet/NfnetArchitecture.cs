using System.Globalization;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>The sizes of an NFNet (arXiv:2102.06171, table 1); the defaults are F6's.</summary>
public sealed class NfnetArchitecture : IValidatable
{
    private const string Family = "dm_nfnet_f";
    private const int LargestVariant = 6;

    /// <summary>Blocks of F0's stages; variant n has n + 1 times as many.</summary>
    private static readonly int[] SmallestDepths = [1, 2, 6, 3];

    /// <summary>Blocks of each stage.</summary>
    [NotEmpty]
    public IReadOnlyList<int> Depths { get; init; } = [7, 14, 42, 21];

    /// <summary>Channels of each stage.</summary>
    [NotEmpty]
    public IReadOnlyList<int> Channels { get; init; } = [256, 512, 1536, 1536];

    /// <summary>Channels of the stem's last convolution; a multiple of 8.</summary>
    [AtLeast(8)]
    public int StemChannels { get; init; } = 128;

    /// <summary>Channels that a convolution of 3 × 3 joins.</summary>
    [AtLeast(1)]
    public int GroupSize { get; init; } = 128;

    /// <summary>Channels after the convolution behind the last stage.</summary>
    [AtLeast(1)]
    public int FinalChannels { get; init; } = 3072;

    /// <summary>α, how much of a block's output is added to what came in.</summary>
    [Above(0)]
    public double Alpha { get; init; } = 0.2;

    /// <summary>Pixels of the square image's side in training.</summary>
    [AtLeast(32)]
    public int ImageSize { get; init; } = 448;

    /// <summary>How images are prepared.</summary>
    internal ImageDefaults Images { get; init; } = ImageDefaults.ImageNet;

    /// <summary>What of a resized image is kept at the centre; the rest of the shorter edge is cut off.</summary>
    internal double CropShare { get; init; } = 1;

    /// <summary>Reads timm's <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint is no such NFNet, or a value is of another type.</exception>
    public static NfnetArchitecture Read(HuggingFaceConfig config)
    {
        var name = config.Text("architecture");
        if (!name.StartsWith(Family, StringComparison.Ordinal) || !int.TryParse(name.AsSpan(Family.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var variant) || variant > LargestVariant)
            throw config.Fault("architecture", $"is '{name}'; known here: {Family}0 to {Family}{LargestVariant}");
        var images = config.Section("pretrained_cfg");
        var size = images.Numbers("input_size");
        if (size.Count != 3 || size[1] != size[2]) throw images.Fault("input_size", "is not three channels and a square");
        if (images.Text("interpolation", "bicubic") != "bicubic") throw images.Fault("interpolation", "is not 'bicubic'");
        return new()
        {
            Depths = [.. SmallestDepths.Select(depth => depth * (variant + 1))],
            ImageSize = (int)size[1],
            CropShare = images.Number("crop_pct", 1),
            Images = ImageDefaults.ImageNet with { Mean = Channels("mean", ImageDefaults.ImageNet.Mean), Std = Channels("std", ImageDefaults.ImageNet.Std) },
        };

        IReadOnlyList<double> Channels(string key, IReadOnlyList<double> otherwise)
        {
            var numbers = images.Numbers(key);
            return numbers.Count == 0 ? otherwise : numbers.Count == 3 ? numbers : throw images.Fault(key, $"has {numbers.Count} numbers, three were expected");
        }
    }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Depths.Count != Channels.Count) checks.Error(nameof(Depths), $"has {Depths.Count} stages, channels has {Channels.Count}");
        if (Depths.Any(depth => depth < 1)) checks.Error(nameof(Depths), "holds a stage without blocks");
        if (StemChannels % 8 != 0) checks.Error(nameof(StemChannels), "is no multiple of 8");
        if (Channels.Any(channels => (channels / 2) % GroupSize != 0)) checks.Error(nameof(Channels), $"holds a number whose half is no multiple of group_size, which is {GroupSize}");
    }

    /// <summary>How images are prepared for a square of this side: as timm does, the shorter edge is a little longer than the square.</summary>
    internal ImageSpec Input(int side)
    {
        var edge = (int)Math.Floor(side / CropShare);
        return new(side, side, Images.Fit, Images.Resampling, Images.MeanStatistics, Images.StdStatistics, edge == side ? null : edge);
    }
}
