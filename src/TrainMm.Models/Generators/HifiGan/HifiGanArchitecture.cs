using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Generators.HifiGan;

/// <summary>The sizes of a HiFi-GAN, named as in Hugging Face's <c>SpeechT5HifiGanConfig</c>; the defaults are those of AudioLDM's vocoder.</summary>
public sealed record HifiGanArchitecture : Architecture
{
    /// <summary>M, mel bins.</summary>
    [AtLeast(1)]
    public int ModelInDim { get; init; } = 64;

    /// <summary>Samples a second.</summary>
    [AtLeast(1)]
    public int SamplingRate { get; init; } = 16_000;

    /// <summary>Channels before the first enlargement; each halves them.</summary>
    [AtLeast(2)]
    public int UpsampleInitialChannel { get; init; } = 1024;

    /// <summary>How many times longer each enlargement makes what it gets; their product is the samples of a frame.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> UpsampleRates { get; init; } = [5, 4, 2, 2, 2];

    /// <summary>Steps that each enlargement's kernel covers.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> UpsampleKernelSizes { get; init; } = [16, 16, 8, 4, 4];

    /// <summary>The kernels of the residual blocks behind each enlargement; their outputs are averaged.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<int> ResblockKernelSizes { get; init; } = [3, 7, 11];

    /// <summary>For each of those blocks the steps between what its convolutions see.</summary>
    [NotEmpty]
    [AtLeast(1)]
    public IReadOnlyList<IReadOnlyList<int>> ResblockDilationSizes { get; init; } = [[1, 3, 5], [1, 3, 5], [1, 3, 5]];

    /// <summary>The activation's slope below zero.</summary>
    public double LeakyReluSlope { get; init; } = 0.1;

    /// <summary>Whether spectrograms are normed by the checkpoint's mean and scale first.</summary>
    public bool NormalizeBefore { get; init; }

    /// <summary>Samples that a frame becomes; behind the last there are some more where a kernel is larger than its rate by an odd number.</summary>
    internal int SamplesPerFrame => UpsampleRates.Aggregate(1, (all, rate) => all * rate);

    /// <summary>Reads a <c>config.json</c>.</summary>
    /// <exception cref="Core.Diagnostics.CheckpointException">It is no such vocoder, or a value cannot be.</exception>
    public static HifiGanArchitecture Read(HuggingFaceConfig config)
    {
        var type = config.Text("model_type", "hifigan");
        if (type != "hifigan") throw config.Fault("model_type", $"is '{type}', no HiFi-GAN");
        return From<HifiGanArchitecture>(config, read => read with
        {
            // What a configuration leaves out is SpeechT5's, not AudioLDM's.
            ModelInDim = config.Integer("model_in_dim", 80),
            UpsampleInitialChannel = config.Integer("upsample_initial_channel", 512),
            UpsampleRates = config.Counts("upsample_rates", [4, 4, 4, 4]),
            UpsampleKernelSizes = config.Counts("upsample_kernel_sizes", [8, 8, 8, 8]),
            ResblockKernelSizes = config.Counts("resblock_kernel_sizes", read.ResblockKernelSizes),
            ResblockDilationSizes = config.Has("resblock_dilation_sizes")
                ? [.. config.OptionalCounts("resblock_dilation_sizes").Select(row => row.Select(step => step ?? throw config.Fault("resblock_dilation_sizes", "has null in it, whole numbers from 1 were expected")).ToArray())]
                : read.ResblockDilationSizes,
            NormalizeBefore = config.Flag("normalize_before", true),
        });
    }

    /// <inheritdoc/>
    private protected override ArchitectureProblems Problems() => new ArchitectureProblems()
        .Add(UpsampleKernelSizes.Count != UpsampleRates.Count, nameof(UpsampleKernelSizes), $"has {UpsampleKernelSizes.Count} numbers, upsample_rates has {UpsampleRates.Count}")
        .Add(ResblockDilationSizes.Count != ResblockKernelSizes.Count, nameof(ResblockDilationSizes), $"has {ResblockDilationSizes.Count} lists, resblock_kernel_sizes has {ResblockKernelSizes.Count} numbers")
        .Add(ResblockDilationSizes.Any(steps => steps.Count == 0 || steps.Any(step => step < 1)), nameof(ResblockDilationSizes), "must hold lists of whole numbers from 1")
        .Add(ResblockKernelSizes.Any(kernel => kernel % 2 == 0), nameof(ResblockKernelSizes), "has an even number in it, which would shift what it sees")
        .Add(UpsampleInitialChannel % (1L << UpsampleRates.Count) != 0, nameof(UpsampleInitialChannel), $"is {UpsampleInitialChannel}, which cannot be halved {UpsampleRates.Count} times")
        .Add(UpsampleKernelSizes.Zip(UpsampleRates).Any(pair => pair.First < pair.Second), nameof(UpsampleKernelSizes), "has a smaller number in it than upsample_rates has in its place, which would leave gaps");
}
