using System.Text.Json;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>A BLIP-2 case's language model.</summary>
internal static class Blip2LanguageModel
{
    private const string Prefix = "language_model.";

    /// <summary>Builds it from a folder of its own, made of the tensors and the section of the configuration that are its.</summary>
    public static ILanguageModel Open(GoldenCase golden)
    {
        var folder = Directory.CreateTempSubdirectory("blip2-").FullName;
        try
        {
            Extract(golden, folder);
            var entry = LanguageModelCatalog.All.Entries.Single(entry => entry.Kind == GoldenSupport.LanguageModelKind(golden.Config.Section("text_config")));
            var options = Activator.CreateInstance(entry.OptionsType)!;
            entry.OptionsType.GetProperty("Checkpoint")!.SetValue(options, folder);
            return LanguageModelCatalog.All.Component(entry.Kind, options).Create(new LanguageModelContext(new ModuleScope("language_model", ScalarType.Float32, CPU), 0));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Extract(GoldenCase golden, string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(golden.Path("config.json")));
        File.WriteAllText(Path.Combine(folder, "config.json"), document.RootElement.GetProperty("text_config").GetRawText());
        using var source = WeightSource.Open(golden.Folder);
        var tensors = source.Names.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(name => name[Prefix.Length..], name => source.Read(name), StringComparer.Ordinal);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
    }
}
