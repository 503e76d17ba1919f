using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.T5;

/// <summary>T5's encoder by itself, which conditions AudioLDM 2. The parameters have the names of Hugging Face's <c>T5EncoderModel</c>.</summary>
internal sealed class T5TextEncoder : NamedModule
{
    private readonly TokenEmbedding shared;
    private readonly T5Stack encoder;

    /// <summary>Makes the encoder; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes and switches, of which the decoder's are not asked.</param>
    /// <param name="scope">The root of its parameters.</param>
    public T5TextEncoder(T5Architecture sizes, ModuleScope scope)
        : base(nameof(T5TextEncoder))
    {
        shared = Add("shared", new TokenEmbedding(sizes.VocabSize, sizes.DModel, scope.Child("shared")));
        encoder = Add("encoder", new T5Stack(isDecoder: false, sizes, scope.Child("encoder")));
    }

    /// <summary>The names of a checkpoint, its own or a whole T5's; the table may stand at either of two places, or at both.</summary>
    /// <param name="prefix">What stands before the names in the module.</param>
    public static IReadOnlyList<KeyMap> Layouts(string prefix = "") =>
    [
        new("T5EncoderModel", [new("encoder.embed_tokens.", null), new("shared.", $"{prefix}shared."), new("encoder.", $"{prefix}encoder.")], []),
        new("T5EncoderModel, the table as the encoder's", [new("encoder.embed_tokens.", $"{prefix}shared."), new("encoder.", $"{prefix}encoder.")], []),
    ];

    /// <summary>[B, T] → [B, T, D], normed.</summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="attended">[B, T] bool, true at a token of the text, false at padding.</param>
    public Tensor Forward(Tensor ids, Tensor attended)
    {
        using var scope = NewDisposeScope();
        return encoder.Read(shared.Forward(ids), attended).States.MoveToOuterDisposeScope();
    }
}
