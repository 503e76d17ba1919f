using System.Text.Json.Nodes;

namespace TrainMm.Training.Exports;

/// <summary>What a published <c>config.json</c> calls a kind of language model.</summary>
/// <param name="ModelType">Its <c>model_type</c>.</param>
/// <param name="Architecture">The class under <c>architectures</c>.</param>
/// <param name="IsCode">Whether the class is no part of transformers, but comes as code with the checkpoint.</param>
internal sealed record PublishedLanguageModel(string ModelType, string Architecture, bool IsCode = false)
{
    private static readonly Dictionary<string, PublishedLanguageModel> Known = new(StringComparer.Ordinal)
    {
        ["llama"] = new("llama", "LlamaForCausalLM"),
        ["mistral"] = new("mistral", "MistralForCausalLM"),
        ["mixtral"] = new("mixtral", "MixtralForCausalLM"),
        ["qwen2"] = new("qwen2", "Qwen2ForCausalLM"),
        ["gemma"] = new("gemma", "GemmaForCausalLM"),
        ["phi"] = new("phi", "PhiForCausalLM"),
        ["gpt_neox"] = new("gpt_neox", "GPTNeoXForCausalLM"),
        ["opt"] = new("opt", "OPTForCausalLM"),
        ["gpt2"] = new("gpt2", "GPT2LMHeadModel"),
        ["internlm2"] = new("internlm2", "InternLM2ForCausalLM", IsCode: true),
        ["qwen"] = new("qwen", "QWenLMHeadModel", IsCode: true),
        ["chatglm"] = new("chatglm", "ChatGLMModel", IsCode: true),
    };

    /// <summary>The kinds that have a published form.</summary>
    public static IReadOnlyCollection<string> Kinds => Known.Keys;

    /// <summary>What a kind is called, or null where it was never published.</summary>
    public static PublishedLanguageModel? Of(string kind) => Known.GetValueOrDefault(kind);

    /// <summary>Says in a configuration what it is of.</summary>
    public void WriteTo(JsonObject config)
    {
        config["model_type"] = ModelType;
        config["architectures"] = new JsonArray(Architecture);
    }

    /// <summary>Copies the code that a checkpoint brings along.</summary>
    /// <param name="checkpoint">The checkpoint's folder, or null where there is none.</param>
    /// <param name="folder">The exported folder.</param>
    public void CopyCode(string? checkpoint, string folder)
    {
        if (!IsCode || !Directory.Exists(checkpoint)) return;
        foreach (var path in Directory.EnumerateFiles(checkpoint, "*.py")) File.Copy(path, Path.Combine(folder, Path.GetFileName(path)), overwrite: true);
    }
}
