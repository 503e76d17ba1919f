using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.Opt;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>Checkpoints that were saved without their head, as the first GPT-2s and OPTs: names lack the decoder's place, and some hold masks.</summary>
public sealed class HeadlessCheckpointTests
{
    [Fact]
    public void AGpt2IsReadWithoutItsMasks() => ReadsBack(
        "gpt2",
        """{"model_type": "gpt2", "vocab_size": 40, "n_embd": 16, "n_inner": 24, "n_layer": 2, "n_head": 4, "n_positions": 64, "scale_attn_by_inverse_layer_idx": true}""",
        "transformer.",
        "",
        folder => new Gpt2Options { Checkpoint = folder },
        ("h.0.attn.bias", ones([1, 1, 64, 64])));

    [Fact]
    public void AnOptIsReadFromItsDecoder() => ReadsBack(
        "opt",
        """
        {"model_type": "opt", "vocab_size": 40, "hidden_size": 16, "ffn_dim": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "word_embed_proj_dim": 12, "max_position_embeddings": 64,
         "layer_norm_elementwise_affine": false}
        """,
        "model.decoder.",
        "decoder.",
        folder => new OptOptions { Checkpoint = folder },
        ("lm_head.weight", ones([40, 12])));

    private static void ReadsBack(string kind, string config, string root, string official, Func<string, object> options, (string Name, Tensor Value) besides)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build(kind);
        folder.Write("config.json", config);
        var saved = model.Module.named_parameters().ToDictionary(pair => official + pair.name[root.Length..], pair => (Tensor)pair.parameter, StringComparer.Ordinal);
        saved.Add(besides.Name, besides.Value);
        SafetensorsWriter.Write(Path.Combine(folder.Path, "model.safetensors"), saved);
        using var read = TinyLanguageModels.Build(kind, options: options(folder.Path));
        static Tensor Logits(ILanguageModel each) => each.Logits(each.Decode(each.Embed(TinyLanguageModels.Ids()), new()));
        Assert.True(Logits(model).allclose(Logits(read), 0, 0));
    }
}
