using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.Audio;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Whisper;

/// <summary>What checkpoints call <c>model.encoder</c>: two convolutions, the second of which halves the frames, positions, layers and a norm.</summary>
internal sealed class WhisperTower : NamedModule
{
    /// <summary>PyTorch's default, which no configuration changes.</summary>
    internal const double NormEpsilon = 1e-5;

    private readonly Func<Tensor, Tensor> gelu = Activation.Of("gelu");
    private readonly Convolution first;
    private readonly Convolution second;
    private readonly TokenEmbedding positions;
    private readonly ModuleList<WhisperLayer> layers;
    private readonly LayerNorm lastNorm;

    public WhisperTower(WhisperArchitecture sizes, ModuleScope scope)
        : base(nameof(WhisperTower))
    {
        first = Add("conv1", new Convolution((sizes.NumMelBins, sizes.DModel), kernel: 3, stride: 1, padding: 1, hasBias: true, scope.Child("conv1")));
        second = Add("conv2", new Convolution((sizes.DModel, sizes.DModel), kernel: 3, stride: 2, padding: 1, hasBias: true, scope.Child("conv2")));
        positions = Add("embed_positions", new TokenEmbedding(sizes.MaxSourcePositions, sizes.DModel, scope.Child("embed_positions")));
        layers = Add("layers", new ModuleList<WhisperLayer>([.. Enumerable.Range(0, sizes.EncoderLayers).Select(i => new WhisperLayer(sizes, scope.Child("layers").Child(i)))]));
        lastNorm = Add("layer_norm", new LayerNorm(sizes.DModel, NormEpsilon, scope.Child("layer_norm")));
    }

    /// <summary>[I, M, 2N] → [I, N, De].</summary>
    /// <param name="spectrogram">[I, M, 2N].</param>
    /// <param name="observe">Called with 0 and the states before the first layer, then with each layer's number from 1 and its output; the last is given behind the norm.</param>
    public Tensor Forward(Tensor spectrogram, Action<int, Tensor>? observe = null)
    {
        var x = gelu(first.Forward(spectrogram));                       // [I, De, 2N]
        x = gelu(second.Forward(x)).transpose(1, 2);                    // [I, N, De]
        x = x.add(positions.Weight.CastTo(x.dtype));                                  // [I, N, De]
        for (var i = 0; i < layers.Count; i++)
        {
            observe?.Invoke(i, x);
            x = layers[i].Forward(x);
        }

        x = lastNorm.Forward(x);
        observe?.Invoke(layers.Count, x);
        return x;
    }
}
