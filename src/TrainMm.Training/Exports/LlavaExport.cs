using System.Text.Json.Nodes;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights.PyTorch;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.InputProjectors.Mlp;
using TrainMm.Models.Peft.Lora;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Exports;

/// <summary>
/// What the original LLaVA's training leaves behind (arXiv:2310.03744): after its first stage <c>mm_projector.bin</c>; after a LoRA stage the adapter in PEFT's format
/// with <c>non_lora_trainables.bin</c> and <c>config.json</c> beside it.
/// </summary>
internal sealed class LlavaExport : IExport
{
    private const string Target = "llava";

    /// <inheritdoc/>
    public void Check(ExportedRun run)
    {
        ExportChecks.RequireLlava(run, Target, depths: null, activations: ["gelu"]);
        _ = ModelConfigs.OfLlama(run, Target);
        if (run.Model.Peft is not null) ExportChecks.RequirePeft(run, Target);
        if (run.Others.Count > 0)
        {
            var hint = run.Model.Peft is null or { NeedsMediaMask: false } ? "--to hf holds the whole model" : null;
            throw OptionSource.Error(run.Options, nameof(run.Options.Trainable), $"{Target} holds the projector and an adapter alone, and this run trained {run.Others.Count} more parameters, {run.Others[0]} for one", hint);
        }
    }

    /// <inheritdoc/>
    public void Write(ExportedRun run, string folder)
    {
        var projector = run.Named(LlavaLayout.Original(DepthOf(run.Options.Model)), "image.input_projector.");
        ModelConfigs.Write(folder, Config(run));
        if (run.Model.Peft is null)
        {
            TorchFileWriter.Write(Path.Combine(folder, "mm_projector.bin"), projector);
            return;
        }

        AdapterFiles.Write(run, folder);
        TorchFileWriter.Write(
            Path.Combine(folder, "non_lora_trainables.bin"),
            projector.ToDictionary(pair => AdapterConfigFile.NamePrefix + pair.Key, pair => pair.Value, StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public ModelOptions ReadBack(ModelOptions options, string folder)
    {
        var read = options.With(projector: ReadBackOptions.Projector(options, folder));
        return options.Adapter is null ? read : read.WithAdapter(ReadBackOptions.Adapter(options, folder));
    }

    /// <inheritdoc/>
    public bool Holds(ExportedRun run, string name) =>
        name.StartsWith("image.input_projector.", StringComparison.Ordinal) || TrainedParts.AdapterNames(run.Model).Contains(name);

    /// <summary>The language model's sizes with what the original LLaVA adds to them.</summary>
    private static JsonObject Config(ExportedRun run)
    {
        var path = ExportChecks.ImageOf(run.Options.Model);
        var encoder = (ClipVitOptions)path.Encoder.Options;
        var config = ModelConfigs.OfLanguageModel(run);
        config["model_type"] = "llava_llama";
        config["architectures"] = new JsonArray("LlavaLlamaForCausalLM");
        config["freeze_mm_mlp_adapter"] = false;
        config["image_aspect_ratio"] = ExportChecks.ImageSpecOf(run).Fit == ImageFit.Pad ? "pad" : null;
        config["mm_hidden_size"] = run.Model.Modalities["image"].Encoder.Output.Width;
        config["mm_projector_type"] = ProjectorType(path.InputProjector.Options);
        config["mm_use_im_patch_token"] = false;
        config["mm_use_im_start_end"] = false;
        config["mm_vision_select_feature"] = encoder.SelectFeature == FeatureSelection.Patch ? "patch" : "cls_patch";
        config["mm_vision_select_layer"] = encoder.SelectLayer;
        config["mm_vision_tower"] = encoder.Checkpoint;
        config["tokenizer_model_max_length"] = run.Options.Data.MaxLength;
        config["tokenizer_padding_side"] = "right";
        config["tune_mm_mlp_adapter"] = run.Model.Peft is null;
        config["use_mm_proj"] = true;
        return config;
    }

    /// <summary>LLaVA's name: <c>linear</c>, or <c>mlp2x_gelu</c> for two layers.</summary>
    private static string ProjectorType(object options) => options is MlpProjectorOptions mlp ? $"mlp{mlp.Depth}x_gelu" : "linear";

    private static int DepthOf(ModelOptions options) => ExportChecks.ImageOf(options).InputProjector.Options is MlpProjectorOptions mlp ? mlp.Depth : 0;
}
