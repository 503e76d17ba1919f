using TrainMm.Core.Weights;
using TrainMm.Models.Layers;

namespace TrainMm.Models.InputProjectors;

/// <summary>Reads a projector's parameters from a run's own file, from a LLaVA checkpoint in either layout, or from LLaVA's projector file.</summary>
internal static class ProjectorCheckpoint
{
    /// <summary>Where an original LLaVA keeps its projector: in the model, in the file of its stage 1, and in what its LoRA stage saved beside the adapter.</summary>
    private static readonly string[] OriginalHomes = ["model.mm_projector.", "mm_projector.", "base_model.model.model.mm_projector."];

    /// <summary>Where a Hugging Face LLaVA keeps its projector: in the model before and since transformers 4.52, and beside an adapter.</summary>
    private static readonly string[] HuggingFaceHomes = ["multi_modal_projector.", "model.multi_modal_projector.", "base_model.model.multi_modal_projector."];

    /// <summary>The files that hold a projector alone: a run's, and those of LLaVA's two stages.</summary>
    private static readonly string[] OwnFiles = ["input_projector.safetensors", "mm_projector.bin", "non_lora_trainables.bin"];

    /// <summary>Fills the projector.</summary>
    /// <param name="scope">The projector's root.</param>
    /// <param name="options">The projector's options, which have a <c>Checkpoint</c>.</param>
    /// <param name="path">A file or a folder.</param>
    /// <param name="originalNames">The layers' names in an original LLaVA and in this projector: <c>0.</c> and <c>linear_1.</c>.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static void Load(ModuleScope scope, object options, string path, IReadOnlyList<PrefixRule> originalNames)
    {
        KeyMap[] layouts =
        [
            .. HuggingFaceHomes.Select(home => new KeyMap("LlavaForConditionalGeneration", [new(home, ""), new("", null)], [])),
            .. OriginalHomes.Select(home => new KeyMap("LlavaLlamaForCausalLM", [.. originalNames.Select(rule => new PrefixRule(home + rule.Official, rule.Module)), new(home, ""), new("", null)], [])),
            KeyMap.Identity,
        ];
        Load(scope, options, path, layouts, leftOut: []);
    }

    /// <summary>Fills the projector from a run's own file or from a checkpoint in one of the layouts in which it is published.</summary>
    /// <param name="scope">The projector's root.</param>
    /// <param name="options">The projector's options, which have a <c>Checkpoint</c>.</param>
    /// <param name="path">A file or a folder.</param>
    /// <param name="layouts">The published layouts.</param>
    /// <param name="leftOut">Prefixes of the parameters that are not the checkpoint's to give.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static void Load(ModuleScope scope, object options, string path, IReadOnlyList<KeyMap> layouts, IReadOnlyList<string> leftOut)
    {
        var own = new KeyMap("a run's own", [.. leftOut.Select(prefix => new PrefixRule($"{scope.Root}.{prefix}", null)), new($"{scope.Root}.", ""), new("", null)], []);
        using var source = WeightSource.Open(path, OwnFiles);
        PartCheckpoint.Load(scope, options, "Checkpoint", source, [own, .. layouts], name => !leftOut.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
    }
}
