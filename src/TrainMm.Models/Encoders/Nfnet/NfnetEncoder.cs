using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>An NFNet as an encoder: the last stage's grid of features as a sequence, as Flamingo takes it (arXiv:2204.14198, section 2.1), row by row.</summary>
public sealed class NfnetEncoder : IModalityEncoder
{
    private readonly NfnetTower tower;
    private readonly ScalarType dtype;
    private readonly bool pooled;

    private NfnetEncoder(NfnetTower tower, ImageSpec input, FeatureSpec output, bool pooled, ScalarType dtype)
    {
        (this.tower, this.pooled, this.dtype) = (tower, pooled, dtype);
        (Input, Output) = (input, output);
    }

    /// <inheritdoc/>
    public MediaSpec Input { get; }

    /// <inheritdoc/>
    public FeatureSpec Output { get; }

    /// <inheritdoc/>
    public nn.Module Module => tower;

    /// <summary>Builds the encoder and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">There is no such stage, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static NfnetEncoder Create(NfnetOptions options, EncoderContext context)
    {
        var sizes = options.Architecture ?? NfnetArchitecture.Read(HuggingFaceConfig.Open(options.Checkpoint!));
        var count = sizes.Depths.Count;
        var stages = options.SelectStage < 0 ? count + 1 + options.SelectStage : options.SelectStage;
        if (stages < 1 || stages > count)
            throw OptionSource.Error(options, nameof(options.SelectStage), $"there is no stage {options.SelectStage}: the network has {count}", $"from 1 to {count}, or from −{count} to −1");
        if (options.FinalConvolution && stages < count) throw OptionSource.Error(options, nameof(options.FinalConvolution), "follows the last stage, which is not selected");
        var input = sizes.Input(options.ImageSize ?? sizes.ImageSize);
        if (options.ImageFit is { } fit) input = input with { Fit = fit };
        var network = new NfnetTower(sizes, stages, options.FinalConvolution, context.Scope);
        if (options.Checkpoint is null) Initialise(context);
        else PartCheckpoint.Load(context.Scope, options, nameof(options.Checkpoint), options.Checkpoint, Layout(stages, count, options.FinalConvolution));

        var side = Side(input.Height, stages);
        var width = options.FinalConvolution ? sizes.FinalChannels : sizes.Channels[stages - 1];
        var output = options.Pooled ? new FeatureSpec(1, width) : new FeatureSpec(side * side, width, side, side);
        return new NfnetEncoder(network, input, output, options.Pooled, context.Scope.Dtype);
    }

    /// <inheritdoc/>
    public Tensor Encode(Tensor media)
    {
        var grid = tower.Forward(media.CastTo(dtype)).flatten(2).transpose(1, 2);      // [I, N, De]
        return pooled ? grid.mean([1], keepdim: true) : grid;
    }

    /// <inheritdoc/>
    public void Dispose() => tower.Dispose();

    /// <summary>The grid's side: the stem divides by 4, each stage but the first by 2, rounding up.</summary>
    private static int Side(int pixels, int stages)
    {
        for (var i = 0; i < stages + 1; i++) pixels = (pixels + 1) / 2;
        return pixels;
    }

    private static KeyMap Layout(int stages, int count, bool final)
    {
        List<PrefixRule> rules = [.. Enumerable.Range(stages, count - stages).Select(stage => new PrefixRule($"stages.{stage}.", null)), new("head.", null)];
        if (!final) rules.Add(new("final_conv.", null));
        return new KeyMap("timm", [.. rules, new("", "")], []);
    }

    /// <summary>Gains 1 and blocks that add nothing at first, as the paper begins (section 2).</summary>
    private static void Initialise(EncoderContext context)
    {
        RandomWeights.Transformer(context.Scope, context.Seed, 0.02);
        foreach (var (_, gain) in context.Scope.Parameters.Where(pair => pair.Key.EndsWith(".gain", StringComparison.Ordinal))) RandomWeights.Fill(gain, 1);
    }
}
