using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.InputProjectors.QFormer;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.ClapText;

/// <summary>
/// CLAP's text tower (arXiv:2211.06687, section 3.1), which tells AudioLDM 2 what a sound is like: RoBERTa, its pooled first state, two layers to the width that texts and sounds share, length 1.
/// The tower for sounds is not built: nothing of AudioLDM 2's asks for it but the choice among finished sounds.
/// </summary>
public sealed class ClapTextModel : NamedModule
{
    /// <summary>What a length is at least taken for, PyTorch's default.</summary>
    private const double SmallestLength = 1e-12;

    private readonly int padding;
    private readonly QFormerModel roberta;
    private readonly LinearLayer pooler;
    private readonly LinearLayer first;
    private readonly LinearLayer second;
    private readonly Func<Tensor, Tensor> activation;

    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="scope">The root of its parameters.</param>
    public ClapTextModel(ClapTextArchitecture sizes, ModuleScope scope)
        : base(nameof(ClapTextModel))
    {
        padding = sizes.PadTokenId;
        roberta = Add("text_model", new QFormerModel(sizes.Roberta, featureWidth: 0, scope.Child("text_model")));
        pooler = Add("pooler", scope.Child("pooler").Linear(sizes.HiddenSize, sizes.HiddenSize, bias: true));
        first = Add("linear1", scope.Child("linear1").Linear(sizes.HiddenSize, sizes.ProjectionDim, bias: true));
        second = Add("linear2", scope.Child("linear2").Linear(sizes.ProjectionDim, sizes.ProjectionDim, bias: true));
        activation = Activation.Of(sizes.ProjectionHiddenAct);
    }

    /// <summary>The names in a whole CLAP, whose other parts are left aside.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="prefix">What stands before the names in the module.</param>
    internal static KeyMap Layout(ClapTextArchitecture sizes, string prefix = "") => new(
        "ClapModel",
        [
            .. QFormerLayout.BertRules("text_model.", sizes.Roberta, $"{prefix}text_model."),
            new("text_model.pooler.dense.", $"{prefix}pooler."),
            new("text_projection.", prefix),
        ],
        [".position_ids", ".token_type_ids"]);

    /// <summary>[B, T] → [B, shared width], each of length 1.</summary>
    /// <param name="ids">[B, T] int64; padding is not seen.</param>
    /// <exception cref="ArgumentException">The texts are longer than the model's positions.</exception>
    public Tensor Forward(Tensor ids)
    {
        using var scope = NewDisposeScope();
        var states = roberta.Forward(new QFormerInput { TextIds = ids, Attended = ids.ne(padding) });   // [B, T, W]
        var pooled = pooler.Forward(states.select(1, 0)).tanh();                                        // [B, W]
        var shared = second.Forward(activation(first.Forward(pooled)));                                 // [B, shared width]
        return shared.div(shared.pow(2).sum(1L, keepdim: true).sqrt().clamp(min: SmallestLength)).MoveToOuterDisposeScope();
    }
}
