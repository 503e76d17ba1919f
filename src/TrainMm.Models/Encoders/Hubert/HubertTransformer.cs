using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Hubert;

/// <summary>What checkpoints call <c>encoder</c>: positions, layers, and a norm before the first (base) or behind the last (large).</summary>
internal sealed class HubertTransformer : NamedModule
{
    private readonly HubertPositions positions;
    private readonly LayerNorm norm;
    private readonly ModuleList<HubertLayer> layers;
    private readonly bool normsFirst;

    public HubertTransformer(HubertArchitecture sizes, ModuleScope scope)
        : base(nameof(HubertTransformer))
    {
        normsFirst = sizes.DoStableLayerNorm;
        positions = Add("pos_conv_embed", new HubertPositions(sizes, scope.Child("pos_conv_embed")));
        norm = Add("layer_norm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("layer_norm")));
        layers = Add("layers", new ModuleList<HubertLayer>([.. Enumerable.Range(0, sizes.NumHiddenLayers).Select(i => new HubertLayer(sizes, scope.Child("layers").Child(i)))]));
    }

    /// <summary>Makes the positional convolution's weight what its directions are, for random weights.</summary>
    public void ResetPositions() => positions.Reset();

    /// <summary>[I, N, De] → [I, N, De].</summary>
    /// <param name="frames">[I, N, De].</param>
    /// <param name="real">[I, N] bool, true where the clip is; null where all of it is.</param>
    /// <param name="observe">Called with 0 and the states before the first layer, then with each layer's number from 1 and its output; the last is given behind the last norm.</param>
    public Tensor Forward(Tensor frames, Tensor? real, Action<int, Tensor>? observe)
    {
        // Padding is zero before the convolution, so that frames beside it see silence.
        var x = real is null ? frames : frames.masked_fill(real.logical_not().unsqueeze(-1), 0);
        var mask = real is null ? null : AudioSelfAttention.KeyMask(real, x.dtype);
        x = x.add(positions.Forward(x));
        if (!normsFirst) x = norm.Forward(x);
        observe?.Invoke(0, x);
        for (var i = 0; i < layers.Count; i++)
        {
            x = layers[i].Forward(x, mask);
            if (normsFirst && i == layers.Count - 1) x = norm.Forward(x);
            observe?.Invoke(i + 1, x);
        }

        return x;
    }
}
