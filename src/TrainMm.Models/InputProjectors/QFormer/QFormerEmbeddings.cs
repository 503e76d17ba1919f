using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>The queries and the text's words with their positions, one after the other, under one norm.</summary>
internal sealed class QFormerEmbeddings : NamedModule
{
    private readonly TokenEmbedding words;
    private readonly TokenEmbedding positions;
    private readonly TokenEmbedding? kinds;
    private readonly LayerNorm norm;
    private readonly Dropout dropout;
    private readonly int padding;

    public QFormerEmbeddings(QFormerArchitecture sizes, ModuleScope scope)
        : base(nameof(QFormerEmbeddings))
    {
        words = Add("word_embeddings", new TokenEmbedding(sizes.VocabSize, sizes.HiddenSize, scope.Child("word_embeddings")));
        positions = Add("position_embeddings", new TokenEmbedding(sizes.MaxPositionEmbeddings, sizes.HiddenSize, scope.Child("position_embeddings")));
        if (sizes.IsRoberta) kinds = Add("token_type_embeddings", new TokenEmbedding(1, sizes.HiddenSize, scope.Child("token_type_embeddings")));
        norm = Add("layernorm", new LayerNorm(sizes.HiddenSize, sizes.LayerNormEps, scope.Child("layernorm")));
        dropout = Add("dropout", new Dropout(sizes.Dropout));
        padding = sizes.PadTokenId;
    }

    /// <summary>[V, W], which a head over words shares.</summary>
    public Tensor Words => words.Weight;

    /// <summary>[I, Q, W] and [I, T] → [I, Q + T, W].</summary>
    /// <exception cref="ArgumentException">The text is longer than the table of positions.</exception>
    public Tensor Forward(Tensor? queries, Tensor? text)
    {
        if (text is null) return dropout.Forward(norm.Forward(queries!));
        var longest = positions.Weight.shape[0] - (kinds is null ? 0 : padding + 1);
        if (text.shape[1] > longest) throw new ArgumentException($"The text has {text.shape[1]} tokens, {longest} have positions.");
        using var scope = NewDisposeScope();
        var rows = words.Forward(text);                                                                          // [I, T, W]
        rows = where(text.eq(padding).unsqueeze(-1), rows.detach(), rows); // the padding's vector gets no gradient, as in PyTorch's padding_idx
        var x = rows.add(positions.Forward(kinds is null ? arange(text.shape[1], ScalarType.Int64, text.device) : RobertasPlaces(text)));
        if (kinds is not null) x = x.add(kinds.Weight.CastTo(x.dtype));
        return dropout.Forward(norm.Forward(queries is null ? x : cat([queries, x], 1))).MoveToOuterDisposeScope();               // [I, Q + T, W]
    }

    /// <summary>[I, T] → [I, T] int64.</summary>
    private Tensor RobertasPlaces(Tensor text)
    {
        var isWord = text.ne(padding).to_type(ScalarType.Int64);
        return isWord.cumsum(1).mul(isWord).add(padding);
    }
}
