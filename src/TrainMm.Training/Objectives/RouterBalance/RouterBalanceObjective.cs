using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Objectives.RouterBalance;

/// <summary>
/// Keeps the load of routed experts even (Switch Transformers, arXiv:2101.03961, equations 4 to 6): beside text generation it is what Hugging Face's Mixtral adds where <c>output_router_logits</c> is on.
/// The loss is of all tokens that go through the model at once and no sum over them. So it is balanced within each micro-batch, and a step's loss is the mean over its micro-batches by their tokens:
/// unlike a loss over targets it depends on how the batch is cut.
/// </summary>
public sealed class RouterBalanceObjective : IObjective
{
    /// <summary>Makes the objective.</summary>
    /// <param name="options">Where it is chosen.</param>
    /// <param name="context">The model.</param>
    /// <exception cref="ConfigurationException">The language model has no routers.</exception>
    public RouterBalanceObjective(RouterBalanceOptions options, ObjectiveContext context)
    {
        if (context.Model.LanguageModel.Spec.HasRouters) return;
        throw new ConfigurationException([OptionSource.PlaceOf(options).Error(
            $"{OptionSource.NameOf(options)}: router_balance evens the load of experts, and the language model {context.Model.Kinds["language_model"]} has none", "mixtral has")]);
    }

    /// <inheritdoc/>
    public bool TakesPackedRows => true;

    /// <inheritdoc/>
    public bool NeedsRouters => true;

    /// <summary>The tokens of the batch, padding not counted.</summary>
    public long CountOf(Batch batch) => batch.AttentionMask.sum().item<long>();

    /// <inheritdoc/>
    public LossTerms Compute(ForwardPass pass)
    {
        var (routers, tokens) = (pass.Routers, CountOf(pass.Batch));
        return new LossTerms(routers.Loss * (routers.Weight * tokens), tokens);
    }
}
