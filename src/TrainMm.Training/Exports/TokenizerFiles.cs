using System.Text.Json.Nodes;
using TrainMm.Core.Weights;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Exports;

/// <summary>Copies what belongs to a run's tokenizer, and adds a token for images where the vocabulary has none.</summary>
internal static class TokenizerFiles
{
    private const string JsonName = "tokenizer.json";
    private const string ConfigName = "tokenizer_config.json";

    /// <summary>What Hugging Face's tokenizers consist of, and how their model generates.</summary>
    private static readonly string[] Names =
    [
        JsonName, ConfigName, "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "vocab.json", "merges.txt", "vocab.txt", "chat_template.json", "chat_template.jinja", "generation_config.json",
    ];

    /// <summary>Copies the files.</summary>
    public static void Copy(ExportedRun run, string folder) => Copy(ModelAssembly.TokenizerPath(run.Options), folder);

    /// <summary>Copies the files of a tokenizer.</summary>
    /// <param name="source">Its folder or file.</param>
    /// <param name="folder">The folder, which exists.</param>
    public static void Copy(string source, string folder)
    {
        if (File.Exists(source))
        {
            File.Copy(source, Path.Combine(folder, Path.GetFileName(source)));
            source = Path.GetDirectoryName(Path.GetFullPath(source))!;
        }

        foreach (var name in Names.Where(name => File.Exists(Path.Combine(source, name)))) File.Copy(Path.Combine(source, name), Path.Combine(folder, name), overwrite: true);
    }

    /// <summary>Adds a special token to the files that were copied.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="token">Its spelling.</param>
    /// <param name="id">Its id.</param>
    public static void AddToken(string folder, string token, int id)
    {
        var json = Path.Combine(folder, JsonName);
        if (File.Exists(json))
        {
            var tokenizer = JsonFile.Read(json);
            if (tokenizer["added_tokens"] is not JsonArray added) tokenizer["added_tokens"] = added = [];
            var entry = Description(token);
            entry["id"] = id;
            added.Add(entry);
            JsonFile.Write(json, tokenizer);
        }
        else
        {
            var path = Path.Combine(folder, "added_tokens.json");
            var tokens = File.Exists(path) ? JsonFile.Read(path) : [];
            tokens[token] = id;
            JsonFile.Write(path, tokens);
        }

        var config = Path.Combine(folder, ConfigName);
        if (!File.Exists(config)) return;
        var settings = JsonFile.Read(config);
        if (settings["added_tokens_decoder"] is JsonObject decoder) decoder[id.ToString(System.Globalization.CultureInfo.InvariantCulture)] = Description(token);
        JsonFile.Write(config, settings);
    }

    private static JsonObject Description(string token) => new()
    {
        ["content"] = token,
        ["lstrip"] = false,
        ["normalized"] = false,
        ["rstrip"] = false,
        ["single_word"] = false,
        ["special"] = true,
    };
}
