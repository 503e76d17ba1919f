using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.LanguageModels.Opt;

/// <summary>One decoder layer, with norms before attention and feed-forward layer or behind what they add to.</summary>
internal sealed class OptLayer : DecoderLayer
{
    private const double Epsilon = 1e-5; // the reference has no option for it

    private readonly bool normFirst;
    private readonly OptAttention attention;
    private readonly LayerNorm attentionNorm;
    private readonly LinearLayer first;
    private readonly LinearLayer second;
    private readonly LayerNorm finalNorm;
    private readonly Func<Tensor, Tensor> activation;

    public OptLayer(int index, OptArchitecture sizes, ModuleScope scope)
        : base(nameof(OptLayer))
    {
        normFirst = sizes.DoLayerNormBefore;
        attention = Add("self_attn", new OptAttention(index, sizes, scope.Child("self_attn")));
        attentionNorm = Add("self_attn_layer_norm", Norm(sizes, scope.Child("self_attn_layer_norm")));
        first = Add("fc1", scope.Child("fc1").Linear(sizes.HiddenSize, sizes.FfnDim, sizes.EnableBias));
        second = Add("fc2", scope.Child("fc2").Linear(sizes.FfnDim, sizes.HiddenSize, sizes.EnableBias));
        finalNorm = Add("final_layer_norm", Norm(sizes, scope.Child("final_layer_norm")));
        activation = Activation.Of(sizes.ActivationFunction);
    }

    /// <summary>A norm of an OPT.</summary>
    public static LayerNorm Norm(OptArchitecture sizes, ModuleScope scope) => new(sizes.HiddenSize, Epsilon, scope, sizes.LayerNormElementwiseAffine);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, DecoderPass pass, bool onlyWanted)
    {
        using var scope = NewDisposeScope();
        var attended = attention.Forward(normFirst ? attentionNorm.Forward(x) : x, pass, onlyWanted);
        x = (onlyWanted ? pass.AtWanted(x) : x).add(attended);                             // [B, T, D] or [S, D]
        if (!normFirst) x = attentionNorm.Forward(x);
        var rows = onlyWanted ? pass.WantedMediaRows : pass.MediaRows;
        var inner = activation(first.Forward(normFirst ? finalNorm.Forward(x) : x, rows)); // [B, T, inner]
        x = x.add(second.Forward(inner, rows));
        return (normFirst ? x : finalNorm.Forward(x)).MoveToOuterDisposeScope();
    }
}
