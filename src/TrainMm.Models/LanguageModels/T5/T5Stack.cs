using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>The encoder or the decoder: its blocks, whose position biases the first one holds, and the norm behind them.</summary>
internal sealed class T5Stack : NamedModule
{
    private readonly ModuleList<T5Block> blocks;
    private readonly RmsNorm norm;

    public T5Stack(bool isDecoder, T5Architecture sizes, ModuleScope scope)
        : base(nameof(T5Stack))
    {
        var count = isDecoder ? sizes.DecoderLayers : sizes.NumLayers;
        blocks = Add("block", new ModuleList<T5Block>([.. Enumerable.Range(0, count).Select(i => new T5Block(i, isDecoder, sizes, scope.Child("block").Child(i)))]));
        norm = Add("final_layer_norm", new RmsNorm(sizes.DModel, sizes.LayerNormEpsilon, scope.Child("final_layer_norm")));
        Positions = new RelativePositions(blocks[0].Positions!, bothWays: !isDecoder, sizes.RelativeAttentionMaxDistance);
    }

    /// <summary>The position biases that all blocks share.</summary>
    public RelativePositions Positions { get; }

    /// <summary>[B, T, D] → [B, T, D], before the norm.</summary>
    /// <param name="x">[B, T, D].</param>
    /// <param name="pass">What every block of the call shares.</param>
    /// <param name="observe">Called with each block's number from 1 and its output.</param>
    public Tensor Run(Tensor x, T5Pass pass, Action<int, Tensor>? observe = null)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            x = blocks[i].Forward(x, pass);
            observe?.Invoke(i + 1, x);
        }

        return x;
    }

    /// <summary>An encoder's pass: all tokens of a text see one another. [B, E, D] → [B, E, D], normed, and [B, 1, 1, E], what hides the padding when it is added to scores.</summary>
    /// <param name="x">[B, E, D].</param>
    /// <param name="attended">[B, E] bool, true at a token of the text, false at padding.</param>
    /// <param name="media">The media's positions; null where no adapter asks for them.</param>
    public (Tensor States, Tensor Mask) Read(Tensor x, Tensor attended, MediaRows? media = null)
    {
        var hidden = attended.logical_not().unsqueeze(1).unsqueeze(1);                                 // [B, 1, 1, E]
        var mask = zeros(hidden.shape, x.dtype, x.device).masked_fill(hidden, finfo(x.dtype).min);
        return (Norm(Run(x, new T5Pass(Positions.Biases(x.shape[1], past: 0).add(mask), media))), mask);
    }

    /// <summary>The norm behind the blocks: [..., D] → [..., D].</summary>
    public Tensor Norm(Tensor x) => norm.Forward(x);
}
