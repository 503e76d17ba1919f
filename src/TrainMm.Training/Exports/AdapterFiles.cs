using System.Text.Json.Nodes;
using TrainMm.Core.Weights;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Lora;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Exports;

/// <summary>Writes an adapter as PEFT itself would have saved it on the language model alone.</summary>
internal static class AdapterFiles
{
    private const string Targets = "target_modules";
    private const string Root = "language_model.";

    /// <summary>Writes <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
    public static void Write(ExportedRun run, string folder)
    {
        run.Model.Peft!.Save(folder);
        var path = Path.Combine(folder, AdapterConfigFile.Name);
        var config = JsonFile.Read(path);
        config["base_model_name_or_path"] = PartOptions.CheckpointOf(run.Options.Model.LanguageModel);
        if (run.Model.Peft is LinearAdapter linear) config[Targets] = TargetsOf(config[Targets], linear.Adapted);
        JsonFile.Write(path, config);
    }

    /// <summary>
    /// A pattern and <c>all-linear</c> are written out: they may have been meant for paths in the whole model, and would fit other layers in another program's.
    /// The last names do where every layer of such a name is adapted; that is so for <c>all-linear</c>.
    /// </summary>
    private static JsonArray TargetsOf(JsonNode? targets, IReadOnlyList<string> adapted)
    {
        var names = targets switch
        {
            JsonArray list => list.Select(name => (string)name!).Select(name => name.StartsWith(Root, StringComparison.Ordinal) ? name[Root.Length..] : name),
            JsonValue value when (string?)value == TargetModules.AllLinear => adapted.Select(path => path[(path.LastIndexOf('.') + 1)..]),
            _ => adapted,
        };
        return new JsonArray([.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]);
    }
}
