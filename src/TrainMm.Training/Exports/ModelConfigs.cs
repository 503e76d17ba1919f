using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Exports;

/// <summary>The <c>config.json</c> of a run's language model and encoder: their checkpoint's own, or, for random weights, their sizes, whose options have Hugging Face's names.</summary>
internal static class ModelConfigs
{
    private const string ConfigName = "config.json";

    private static readonly JsonSerializerOptions Sizes = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The language model's, which must be a LLaMA: the targets that hold a whole LLaVA are made of one.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">It is of another kind.</exception>
    public static JsonObject OfLlama(ExportedRun run, string target)
    {
        var model = run.Options.Model;
        if (model.LanguageModel.Options is not LlamaOptions)
            throw OptionSource.Error(model, nameof(model.LanguageModel), $"{target} cannot express the language model '{model.LanguageModel.Kind}', only llama", ExportChecks.WithoutMedia);
        return OfLanguageModel(run);
    }

    /// <summary>The language model's, as its published class reads it.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The kind of language model was never published.</exception>
    public static JsonObject OfLanguageModel(ExportedRun run)
    {
        var model = run.Options.Model;
        var kind = model.LanguageModel.Kind;
        if (PublishedLanguageModel.Of(kind) is not { } published)
            throw OptionSource.Error(model, nameof(model.LanguageModel), $"an export cannot express the language model '{kind}', only {string.Join(", ", PublishedLanguageModel.Kinds)}");
        var config = PartOptions.CheckpointOf(model.LanguageModel) is { } checkpoint ? Section(checkpoint, "text_config", "llava") : Serialized(ArchitectureOf(model.LanguageModel));
        var special = run.Data.Tokenizer.Special;
        foreach (var (key, id) in ((string, int?)[])[("bos_token_id", special.BeginOfText), ("eos_token_id", special.EndOfText), ("pad_token_id", special.Padding)])
        {
            // A class's defaults are its own tokenizer's ids, which need not be this one's.
            if (config[key] is null && id is not null) config[key] = id;
        }

        // What the original LLaVA adds to a LLaMA's file is its own, not the language model's.
        foreach (var key in config.Select(pair => pair.Key).Where(key => key.StartsWith("mm_", StringComparison.Ordinal) || key.Contains("mm_mlp", StringComparison.Ordinal)).ToArray()) config.Remove(key);
        published.WriteTo(config);
        config["torch_dtype"] = ParameterTable.NameOf(run.Model.Dtype);
        return config;
    }

    /// <summary>The encoder's, as <c>CLIPVisionModel</c> reads it.</summary>
    public static JsonObject OfEncoder(ExportedRun run)
    {
        var options = (ClipVitOptions)ExportChecks.ImageOf(run.Options.Model).Encoder.Options;
        var config = options.Architecture is { } architecture ? Serialized(architecture) : Section(options.Checkpoint!, "vision_config", "clip", "llava");
        config["model_type"] = "clip_vision_model";
        config["torch_dtype"] = ParameterTable.NameOf(run.Model.Dtype);
        return config;
    }

    /// <summary>The run's language model with its parameters and sizes from a folder; what else its options say stays.</summary>
    public static Component<ILanguageModel, LanguageModelContext> LanguageModelFrom(ModelOptions model, string folder) =>
        LanguageModelCatalog.All.Component(model.LanguageModel.Kind, ReadBackOptions.FromCheckpoint(model.LanguageModel.Options, folder));

    /// <summary>Writes a folder's <c>config.json</c>.</summary>
    public static void Write(string folder, JsonObject config) => JsonFile.Write(Path.Combine(folder, ConfigName), config);

    /// <summary>Sizes under the names of the published configuration, which the options have, too.</summary>
    public static JsonObject Serialized(object architecture) => (JsonObject)JsonSerializer.SerializeToNode(architecture, architecture.GetType(), Sizes)!;

    private static object ArchitectureOf(Component component) => component.Options.GetType().GetProperty("Architecture")!.GetValue(component.Options)!;

    private static JsonObject Section(string checkpoint, string section, params IReadOnlyList<string> wholes)
    {
        var config = JsonFile.Read(Path.Combine(checkpoint, ConfigName));
        return wholes.Contains((string?)config["model_type"], StringComparer.Ordinal) && config[section] is JsonObject part ? (JsonObject)part.DeepClone() : config;
    }
}
