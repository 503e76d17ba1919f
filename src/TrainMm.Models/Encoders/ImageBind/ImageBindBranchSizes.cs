using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.ImageBind;

/// <summary>How a branch's vector is scaled once its length is 1.</summary>
internal enum ImageBindScale
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By a number that training never changed.</summary>
    Fixed,

    /// <summary>By a learned number.</summary>
    Learned,
}

/// <summary>One modality's branch.</summary>
/// <param name="Name">What the checkpoint calls the modality.</param>
/// <param name="Trunk">The transformer's sizes.</param>
/// <param name="Out">Width of the shared space.</param>
/// <param name="Stem">Makes what turns media into tokens, in its place.</param>
/// <param name="Projection">The head's linear layer, by its name in the checkpoint; its norm's name comes before.</param>
/// <param name="Scale">How the vector is scaled.</param>
/// <param name="FirstNorm">Whether a norm precedes the first layer.</param>
/// <param name="ExtraKey">Whether each layer has a learned key and value behind the sequence's.</param>
internal sealed record ImageBindBranchSizes(
    string Name, ImageBindTrunkSizes Trunk, int Out, Func<ModuleScope, IImageBindStem> Stem, (string Norm, string Linear) Projection, ImageBindScale Scale, bool FirstNorm, bool ExtraKey)
{
    private static readonly (string Norm, string Linear) Usual = ("0", "2");

    /// <summary>Images, as two frames each.</summary>
    public static ImageBindBranchSizes Vision(ImageBindArchitecture sizes)
    {
        var patch = sizes.KernelSize[^1];
        return new("vision", sizes.Vision, sizes.OutEmbedDim, Stem, Usual, ImageBindScale.None, FirstNorm: true, ExtraKey: false);

        IImageBindStem Stem(ModuleScope scope) => ImageBindStem.OfImages(new(sizes.Vision.EmbedDim, Squared(sizes.ImageSize / patch)), patch, scope);
    }

    /// <summary>Texts of a fixed length.</summary>
    public static ImageBindBranchSizes Text(ImageBindArchitecture sizes) =>
        new("text", sizes.Text, sizes.OutEmbedDim, scope => new ImageBindWords(sizes, scope), ("proj.0", "proj.1"), ImageBindScale.Learned, FirstNorm: false, ExtraKey: false);

    /// <summary>Spectrograms of clips.</summary>
    public static ImageBindBranchSizes Audio(ImageBindArchitecture sizes)
    {
        var tokens = Along(sizes.AudioNumMelBins) * Along(sizes.AudioTargetLen);
        return new("audio", sizes.Audio, sizes.OutEmbedDim, Stem, Usual, ImageBindScale.Fixed, FirstNorm: false, ExtraKey: true);

        int Along(int side) => ((side - sizes.AudioKernelSize) / sizes.AudioStride) + 1;
        IImageBindStem Stem(ModuleScope scope) => ImageBindStem.OfMaps(new(sizes.Audio.EmbedDim, tokens), "rgbt_stem", sizes.AudioKernelSize, sizes.AudioStride, scope);
    }

    /// <summary>Depth maps.</summary>
    public static ImageBindBranchSizes Depth(ImageBindArchitecture sizes) => Maps(sizes, "depth", "depth_stem", sizes.Depth, sizes.DepthKernelSize);

    /// <summary>Thermal images.</summary>
    public static ImageBindBranchSizes Thermal(ImageBindArchitecture sizes) => Maps(sizes, "thermal", "rgbt_stem", sizes.Thermal, sizes.ThermalKernelSize);

    /// <summary>Recordings of motion.</summary>
    public static ImageBindBranchSizes Imu(ImageBindArchitecture sizes) =>
        new("imu", sizes.Imu, sizes.OutEmbedDim, scope => ImageBindStem.OfReadings(new(sizes.Imu.EmbedDim, sizes.ImuTokens), sizes.ImuKernelSize, scope), ("0", "3"), ImageBindScale.Fixed, FirstNorm: false, ExtraKey: true);

    /// <summary>Where what is built of the branch is in the checkpoint; all else there is left aside.</summary>
    public KeyMap Layout(TowerExtent extent)
    {
        List<PrefixRule> rules = [.. Enumerable.Range(extent.Depth, Trunk.NumBlocks - extent.Depth).Select(i => new PrefixRule($"modality_trunks.{Name}.blocks.{i}.", null))];
        List<string> built = [$"modality_preprocessors.{Name}.", $"modality_trunks.{Name}."];
        if (extent.Norm) built.Add($"modality_heads.{Name}.{Projection.Norm}.");
        if (extent.Pool) built.Add($"modality_heads.{Name}.{Projection.Linear}.");
        if (extent.Pool && Scale != ImageBindScale.None) built.Add($"modality_postprocessors.{Name}.");
        return new KeyMap("ImageBind", [.. rules, .. built.Select(prefix => new PrefixRule(prefix, prefix))], []);
    }

    private static ImageBindBranchSizes Maps(ImageBindArchitecture sizes, string name, string stem, ImageBindTrunkSizes trunk, int patch) =>
        new(name, trunk, sizes.OutEmbedDim, scope => ImageBindStem.OfMaps(new(trunk.EmbedDim, Squared(sizes.ImageSize / patch)), stem, patch, patch, scope), Usual, ImageBindScale.Fixed, FirstNorm: false, ExtraKey: true);

    private static int Squared(int side) => side * side;
}
