using System.Text.Json.Nodes;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.InputProjectors.Mlp;
using TrainMm.Models.Layers;
using TrainMm.Training.Loop;
using static TorchSharp.torch;

namespace TrainMm.Training.Exports;

/// <summary>The whole model, with the adapter in the weights, as <c>LlavaForConditionalGeneration</c> and <c>LlavaProcessor</c> read it.</summary>
internal sealed class HuggingFaceExport : IExport
{
    private const string Target = "hf";
    private const string EncoderRoot = "image.encoder.";
    private const string EmbeddingName = "language_model.model.embed_tokens.weight";
    private const string HeadName = "language_model.lm_head.weight";

    /// <inheritdoc/>
    public void Check(ExportedRun run)
    {
        ExportChecks.RequireMergeable(run, Target);
        ExportChecks.RequireLlava(run, Target, depths: [2], activations: null);
        _ = ModelConfigs.OfLlama(run, Target);
    }

    /// <inheritdoc/>
    public void Write(ExportedRun run, string folder)
    {
        using var scope = NewDisposeScope();
        run.Model.Peft?.Merge();
        TokenizerFiles.Copy(run, folder);
        var text = ModelConfigs.OfLanguageModel(run);
        var tensors = run.Named(LlavaLayout.HuggingFace, "language_model.", "image.input_projector.");
        var token = run.Data.Template.MediaToken("image");
        var known = run.Data.Tokenizer.TokenToId(token);
        var id = known ?? run.Model.LanguageModel.Spec.VocabularySize;
        if (known is null)
        {
            TokenizerFiles.AddToken(folder, token, id);
            text["vocab_size"] = id + 1;
            foreach (var name in ((string[])[EmbeddingName, HeadName]).Where(tensors.ContainsKey)) tensors[name] = WithMeanRow(tensors[name]);
        }

        using var tower = WholeTower(run);
        foreach (var (name, parameter) in tower.named_parameters()) tensors[LlavaLayout.HuggingFace.ToOfficial(EncoderRoot + name)] = parameter;
        ModelConfigs.Write(folder, Config(run, text, id));
        ImageProcessorFiles.Write(folder, ExportChecks.ImageSpecOf(run));
        JsonFile.Write(Path.Combine(folder, "processor_config.json"), Processor(run, token));
        ShardedSafetensors.Write(folder, tensors, run.Model.Dtype, run.Request.ShardBytes);
    }

    /// <inheritdoc/>
    public ModelOptions ReadBack(ModelOptions options, string folder) => options
        .With(ModelConfigs.LanguageModelFrom(options, folder), ReadBackOptions.Encoder(options, folder), ReadBackOptions.Projector(options, folder))
        .WithAdapter(null);

    /// <inheritdoc/>
    public bool Holds(ExportedRun run, string name) => true;

    private static JsonObject Config(ExportedRun run, JsonObject text, int imageToken)
    {
        var path = ExportChecks.ImageOf(run.Options.Model);
        var encoder = (ClipVitOptions)path.Encoder.Options;
        return new JsonObject
        {
            ["architectures"] = new JsonArray("LlavaForConditionalGeneration"),
            ["ignore_index"] = -100,
            ["image_seq_length"] = run.Model.Modalities["image"].TokensPerMedium,
            ["image_token_index"] = imageToken,
            ["model_type"] = "llava",
            ["multimodal_projector_bias"] = true,
            ["pad_token_id"] = text["pad_token_id"]?.DeepClone(),
            ["projector_hidden_act"] = ((MlpProjectorOptions)path.InputProjector.Options).Activation,
            ["text_config"] = text,
            ["tie_word_embeddings"] = (bool?)text["tie_word_embeddings"] ?? false,
            ["torch_dtype"] = ParameterTable.NameOf(run.Model.Dtype),
            ["vision_config"] = ModelConfigs.OfEncoder(run),
            ["vision_feature_layer"] = encoder.SelectLayer,
            ["vision_feature_select_strategy"] = StrategyOf(encoder),
        };
    }

    private static JsonObject Processor(ExportedRun run, string token)
    {
        var encoder = (ClipVitOptions)ExportChecks.ImageOf(run.Options.Model).Encoder.Options;
        return new JsonObject
        {
            ["image_token"] = token,
            ["num_additional_image_tokens"] = 1,
            ["patch_size"] = (int?)ModelConfigs.OfEncoder(run)["patch_size"],
            ["processor_class"] = "LlavaProcessor",
            ["vision_feature_select_strategy"] = StrategyOf(encoder),
        };
    }

    private static string StrategyOf(ClipVitOptions encoder) => encoder.SelectFeature == FeatureSelection.Patch ? "default" : "full";

    /// <summary>A row for a token that is never put in and must never come out: the mean of all rows gives it the mean of all logits, which is never the largest.</summary>
    private static Tensor WithMeanRow(Tensor table)
    {
        using var guard = no_grad();
        var rows = table.detach();
        return cat([rows, rows.to_type(ScalarType.Float32).mean([0L], keepdim: true).to_type(rows.dtype)], 0);
    }

    /// <summary>The encoder with the layers behind the selected one, as its checkpoint has them, and the run's own in their places.</summary>
    private static ClipVitEncoder WholeTower(ExportedRun run)
    {
        var options = (ClipVitOptions)ExportChecks.ImageOf(run.Options.Model).Encoder.Options;
        var scope = new ModuleScope("image.encoder", run.Model.Dtype, ComputeDevice.Of(run.Options));
        var tower = ClipVitEncoder.CreateWhole(options, new EncoderContext(scope, (ulong)run.Options.Seed));
        using var guard = no_grad();
        var own = run.Model.Modalities["image"].Encoder.Module.named_parameters().ToDictionary(each => each.name, each => each.parameter, StringComparer.Ordinal);
        foreach (var (name, parameter) in tower.named_parameters())
        {
            if (own.TryGetValue(name, out var value)) parameter.detach().copy_(value.detach());
        }

        return tower;
    }
}
