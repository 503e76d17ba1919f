using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ImageBind;

/// <summary>Words with learned positions; later words are hidden from earlier ones, and the largest id, which ends a text, stands for it.</summary>
internal sealed class ImageBindWords : NamedModule, IImageBindStem
{
    private readonly TokenEmbedding words;
    private readonly Parameter positions;

    public ImageBindWords(ImageBindArchitecture sizes, ModuleScope scope)
        : base(nameof(ImageBindWords))
    {
        words = Add("token_embedding", new TokenEmbedding(sizes.TextVocabSize, sizes.Text.EmbedDim, scope.Child("token_embedding")));
        positions = Add("pos_embed", scope.Parameter("pos_embed", 1, sizes.TextContextLength, sizes.Text.EmbedDim));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public int Places => (int)positions.shape[1];

    /// <summary>[I, T] ids → [I, T, D].</summary>
    public Tensor Embed(Tensor media)
    {
        var x = words.Forward(media);                                                           // [I, T, D]
        return x.add(positions.CastTo(x.dtype));
    }

    /// <inheritdoc/>
    public Tensor? Mask(Tensor tokens) => Attention.CausalMask(tokens.shape[1], past: 0, attended: null, tokens.dtype, tokens.device);

    /// <inheritdoc/>
    public Tensor Select(Tensor tokens, Tensor media)
    {
        var ends = media.argmax(-1).view(-1, 1, 1).expand(tokens.shape[0], 1, tokens.shape[2]); // [I, 1, D]
        return tokens.gather(1, ends).squeeze(1);                                               // [I, D]
    }
}
