using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Nfnet;

/// <summary>
/// NFNet (arXiv:2102.06171, section 4): a stem of four convolutions, stages of blocks, and a convolution behind the last. The expected variance of the
/// residual stream is 1 at first, grows by α² with each block, and is 1 + α² again behind a stage's first. The parameters have the names of timm's <c>dm_nfnet</c>.
/// </summary>
internal sealed class NfnetTower : NamedModule
{
    private static readonly int[] StemStrides = [2, 1, 1, 2];

    private readonly ScaledConvolution[] stem;
    private readonly NfnetBlock[] blocks;
    private readonly ScaledConvolution? last;

    /// <summary>Makes the network; its parameters have no values yet.</summary>
    /// <param name="sizes">The whole network's sizes.</param>
    /// <param name="stages">How many of its stages are built.</param>
    /// <param name="final">Whether the convolution behind the last stage is.</param>
    /// <param name="scope">The network's place.</param>
    public NfnetTower(NfnetArchitecture sizes, int stages, bool final, ModuleScope scope)
        : base(nameof(NfnetTower))
    {
        stem = Add("stem", new Stem(sizes, scope.Child("stem"))).Convolutions;
        var built = new List<ModuleList<NfnetBlock>>();
        var from = sizes.StemChannels;
        for (var stage = 0; stage < stages; stage++)
        {
            var place = scope.Child("stages").Child(stage);
            var inside = new List<NfnetBlock>();
            for (var i = 0; i < sizes.Depths[stage]; i++)
            {
                var stride = i == 0 && stage > 0 ? 2 : 1;
                inside.Add(new NfnetBlock(new(from, sizes.Channels[stage], stride, sizes.GroupSize, sizes.Alpha, Math.Sqrt(Variance(sizes, stage, i))), place.Child(i)));
                from = sizes.Channels[stage];
            }

            built.Add(new ModuleList<NfnetBlock>([.. inside]));
        }

        Add("stages", new ModuleList<ModuleList<NfnetBlock>>([.. built]));
        blocks = [.. built.SelectMany(stage => stage)];
        if (final) last = Add("final_conv", new ScaledConvolution(from, sizes.FinalChannels, 1, scope.Child("final_conv")));
    }

    /// <summary>[I, 3, H, W] → [I, C, H/32, W/32], the output of the last stage that was built.</summary>
    public Tensor Forward(Tensor images)
    {
        var x = stem[0].Forward(images);                                                                       // [I, stem/8, H/2, W/2]
        foreach (var convolution in stem.AsSpan(1)) x = convolution.Forward(NfnetActivation.Apply(x));         // [I, stem, H/4, W/4]
        foreach (var block in blocks) x = block.Forward(x);
        return last is null ? x : NfnetActivation.Apply(last.Forward(x));                                      // [I, final, H/32, W/32]
    }

    /// <summary>The expected variance of a block's input. A stage's first block still gets what the stage before has gathered: the stream begins anew behind it.</summary>
    private static double Variance(NfnetArchitecture sizes, int stage, int block)
    {
        var gathered = block > 0 ? block : stage > 0 ? sizes.Depths[stage - 1] : 0;
        return 1 + (gathered * sizes.Alpha * sizes.Alpha);
    }

    private sealed class Stem : NamedModule
    {
        public Stem(NfnetArchitecture sizes, ModuleScope scope)
            : base(nameof(Stem))
        {
            int[] channels = [3, sizes.StemChannels / 8, sizes.StemChannels / 4, sizes.StemChannels / 2, sizes.StemChannels];
            Convolutions = [.. StemStrides.Select((stride, i) => Add($"conv{i + 1}", new ScaledConvolution(channels[i], channels[i + 1], 3, scope.Child($"conv{i + 1}"), stride)))];
        }

        public ScaledConvolution[] Convolutions { get; }
    }
}
