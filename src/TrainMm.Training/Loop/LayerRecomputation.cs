using TorchSharp;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Fusion.Splice;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Models.Peft.Prefix;
using TrainMm.Torch;
using TrainMm.Training.Objectives;

namespace TrainMm.Training.Loop;

/// <summary>What a run must be like for layers to be computed twice: a layer must be a function of what the layer before it gives and of parameters, or the gradient would miss what else it was given.</summary>
internal static class LayerRecomputation
{
    /// <summary>Tells the model, or refuses what the gradient would be wrong for.</summary>
    /// <exception cref="ConfigurationException">A part does not allow it.</exception>
    public static void Apply(TrainOptions options, MultimodalModel model, ObjectiveSet objectives)
    {
        if (options.ActivationCheckpointing == Recomputation.None) return;
        if (FaultOf(model, objectives) is { } fault)
            throw OptionSource.Error(options, nameof(options.ActivationCheckpointing), $"must be none: {fault}", "a smaller micro_batch_size needs less memory too");
        model.Recomputation = new RecomputationRule(options.ActivationCheckpointing, options.ActivationBudgetGib is { } gib ? WhenSpent(options, model.Device, gib) : null);
    }

    /// <summary>Memory is asked for at each layer, not estimated: what a layer keeps depends on its kind, its adapter, the types and the engine.</summary>
    private static Func<bool> WhenSpent(TrainOptions options, torch.Device device, double gib)
    {
        var budget = (long)(gib * (1L << 30));
        if (MemoryStatistics.TensorBytes(device) is null)
            throw OptionSource.Error(options, nameof(options.ActivationBudgetGib), "cannot be held to: the engine does not say how much memory tensors take on this device", "without it, selective is every second layer");
        return () => MemoryStatistics.TensorBytes(device) > budget;
    }

    private static string? FaultOf(MultimodalModel model, ObjectiveSet objectives)
    {
        if (model.LanguageModel is NoLanguageModel) return "there is no language model";
        if (model.LanguageModel.Spec.IsEncoderDecoder) return "the language model is an encoder–decoder, whose layers are given the question's states too";
        if (model.Fusion is not SpliceFusion) return "the fusion acts within the layers";
        if (model.Peft is PrefixMethod) return "the adapter gives each layer a learned prefix";
        return objectives.Items.FirstOrDefault(item => item.Objective.NeedsRouters) is { } item ? $"the objective {item.Kind} asks the routers, which would answer twice" : null;
    }
}
