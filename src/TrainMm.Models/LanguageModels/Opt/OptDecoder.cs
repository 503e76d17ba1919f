using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>The decoder without its head: what the checkpoint calls <c>model.decoder</c>.</summary>
internal sealed class OptDecoder : NamedModule
{
    /// <summary>The table's first rows were kept for padding: position 0 is row 2.</summary>
    private const int Offset = 2;

    private readonly TokenEmbedding positions;
    private readonly LinearLayer? inward;
    private readonly ModuleList<DecoderLayer> layers;
    private readonly LayerNorm? norm;
    private readonly LinearLayer? outward;

    public OptDecoder(OptArchitecture sizes, ModuleScope scope)
        : base(nameof(OptDecoder))
    {
        var isNarrow = sizes.TableWidth != sizes.HiddenSize;
        Tokens = Add("embed_tokens", new TokenEmbedding(sizes.VocabSize, sizes.TableWidth, scope.Child("embed_tokens")));
        positions = Add("embed_positions", new TokenEmbedding(sizes.MaxPositionEmbeddings + Offset, sizes.HiddenSize, scope.Child("embed_positions")));
        if (isNarrow) inward = Add("project_in", scope.Child("project_in").Linear(sizes.TableWidth, sizes.HiddenSize, bias: false));
        if (isNarrow) outward = Add("project_out", scope.Child("project_out").Linear(sizes.HiddenSize, sizes.TableWidth, bias: false));
        if (sizes.DoLayerNormBefore && !sizes.RemoveFinalLayerNorm) norm = Add("final_layer_norm", OptLayer.Norm(sizes, scope.Child("final_layer_norm")));
        layers = Add("layers", DecoderLayer.List(sizes.NumHiddenLayers, i => new OptLayer(i, sizes, scope.Child("layers").Child(i))));
    }

    public TokenEmbedding Tokens { get; }

    /// <summary>[B, T, E] → [B, T, E], or [S, E] at the wanted positions, E being the embeddings' width.</summary>
    public Tensor Forward(Tensor embeddings, DecoderInput input)
    {
        var pass = DecoderPass.Begin(embeddings, input, positions: PositionsOf(embeddings, input));
        var x = inward is null ? embeddings : inward.Forward(embeddings, pass.MediaRows); // [B, T, D]
        x = x.add(positions.Forward(pass.Positions.add(Offset)));
        x = DecoderLayer.Run(layers, x, pass, input);                                     // [B, T, D] or [S, D]
        if (norm is not null) x = norm.Forward(x);
        if (outward is null) return x;
        return outward.Forward(x, pass.Wanted is null ? pass.MediaRows : pass.WantedMediaRows); // [B, T, E] or [S, E]
    }

    /// <summary>Positions count the attended tokens alone: [B, T], or null where the caller says them or all are attended.</summary>
    private static Tensor? PositionsOf(Tensor embeddings, DecoderInput input)
    {
        if (input.Positions is not null || input.AttentionMask is null) return null;
        var attended = input.AttentionMask.to_type(ScalarType.Int64);                     // [B, P + T]
        var counted = attended.cumsum(1).mul(attended).sub(1);
        return counted.narrow(1, attended.shape[1] - embeddings.shape[1], embeddings.shape[1]);
    }
}
