using System.Globalization;
using TrainMm.Models.LanguageModels.ChatGlm;
using TrainMm.Models.LanguageModels.Gemma;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.GptNeox;
using TrainMm.Models.LanguageModels.InternLm2;
using TrainMm.Models.LanguageModels.Mistral;
using TrainMm.Models.LanguageModels.Mixtral;
using TrainMm.Models.LanguageModels.Opt;
using TrainMm.Models.LanguageModels.Palm;
using TrainMm.Models.LanguageModels.Phi;
using TrainMm.Models.LanguageModels.Qwen;
using TrainMm.Models.LanguageModels.Qwen2;
using TrainMm.Models.LanguageModels.T5;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>Names and shapes at published sizes, on the meta device: no memory is taken. Each line of a list is a name, with # for the layer's number and several ends in braces, and its shape.</summary>
public sealed class PublishedLanguageModelsTests
{
    private const string LlamaLayer = "model.layers.#.{input_layernorm,post_attention_layernorm}.weight ";

    [Fact]
    public void Mistral7B() => Check(
        "mistral",
        new MistralOptions { Architecture = new() },
        32,
        7_241_732_096,
        "{model.embed_tokens,lm_head}.weight 32000 4096",
        "model.norm.weight 4096",
        LlamaLayer + "4096",
        "model.layers.#.self_attn.{q_proj,o_proj}.weight 4096 4096",
        "model.layers.#.self_attn.{k_proj,v_proj}.weight 1024 4096",
        "model.layers.#.mlp.{gate_proj,up_proj}.weight 14336 4096",
        "model.layers.#.mlp.down_proj.weight 4096 14336");

    [Fact]
    public void Mixtral8X7B() => Check(
        "mixtral",
        new MixtralOptions { Architecture = new() },
        32,
        46_702_792_704,
        "{model.embed_tokens,lm_head}.weight 32000 4096",
        "model.norm.weight 4096",
        LlamaLayer + "4096",
        "model.layers.#.self_attn.{q_proj,o_proj}.weight 4096 4096",
        "model.layers.#.self_attn.{k_proj,v_proj}.weight 1024 4096",
        "model.layers.#.block_sparse_moe.gate.weight 8 4096",
        "model.layers.#.block_sparse_moe.experts.{0,1,2,3,4,5,6,7}.w1.weight 14336 4096",
        "model.layers.#.block_sparse_moe.experts.{0,1,2,3,4,5,6,7}.w2.weight 4096 14336",
        "model.layers.#.block_sparse_moe.experts.{0,1,2,3,4,5,6,7}.w3.weight 14336 4096");

    [Fact]
    public void Qwen2Of7B() => Check(
        "qwen2",
        new Qwen2Options { Architecture = new() { VocabSize = 152064, HiddenSize = 3584, IntermediateSize = 18944, NumHiddenLayers = 28, NumAttentionHeads = 28, NumKeyValueHeads = 4, RopeTheta = 1e6 } },
        28,
        7_615_616_512,
        "{model.embed_tokens,lm_head}.weight 152064 3584",
        "model.norm.weight 3584",
        LlamaLayer + "3584",
        "model.layers.#.self_attn.{q_proj,o_proj}.weight 3584 3584",
        "model.layers.#.self_attn.q_proj.bias 3584",
        "model.layers.#.self_attn.{k_proj,v_proj}.weight 512 3584",
        "model.layers.#.self_attn.{k_proj,v_proj}.bias 512",
        "model.layers.#.mlp.{gate_proj,up_proj}.weight 18944 3584",
        "model.layers.#.mlp.down_proj.weight 3584 18944");

    [Fact]
    public void Gemma2B() => Check(
        "gemma",
        new GemmaOptions { Architecture = new() { HiddenSize = 2048, IntermediateSize = 16384, NumHiddenLayers = 18, NumAttentionHeads = 8, NumKeyValueHeads = 1 } },
        18,
        2_506_172_416,
        "model.embed_tokens.weight 256000 2048",
        "model.norm.weight 2048",
        LlamaLayer + "2048",
        "model.layers.#.self_attn.{q_proj,o_proj}.weight 2048 2048",
        "model.layers.#.self_attn.{k_proj,v_proj}.weight 256 2048",
        "model.layers.#.mlp.{gate_proj,up_proj}.weight 16384 2048",
        "model.layers.#.mlp.down_proj.weight 2048 16384");

    [Fact]
    public void InternLm2Of7B() => Check(
        "internlm2",
        new InternLm2Options { Architecture = new() { VocabSize = 92544, IntermediateSize = 14336, NumKeyValueHeads = 8, Bias = false, RopeTheta = 1e6 } },
        32,
        7_737_708_544,
        "{model.tok_embeddings,output}.weight 92544 4096",
        "model.norm.weight 4096",
        "model.layers.#.{attention_norm,ffn_norm}.weight 4096",
        "model.layers.#.attention.wqkv.weight 6144 4096",
        "model.layers.#.attention.wo.weight 4096 4096",
        "model.layers.#.feed_forward.{w1,w3}.weight 14336 4096",
        "model.layers.#.feed_forward.w2.weight 4096 14336");

    [Fact]
    public void Qwen7B() => Check(
        "qwen",
        new QwenOptions { Architecture = new() },
        32,
        7_721_324_544,
        "{transformer.wte,lm_head}.weight 151936 4096",
        "transformer.ln_f.weight 4096",
        "transformer.h.#.{ln_1,ln_2}.weight 4096",
        "transformer.h.#.attn.c_attn.weight 12288 4096",
        "transformer.h.#.attn.c_attn.bias 12288",
        "transformer.h.#.attn.c_proj.weight 4096 4096",
        "transformer.h.#.mlp.{w1,w2}.weight 11008 4096",
        "transformer.h.#.mlp.c_proj.weight 4096 11008");

    [Fact]
    public void Phi2() => Check(
        "phi",
        new PhiOptions { Architecture = new() { HiddenSize = 2560, IntermediateSize = 10240, NumHiddenLayers = 32, PartialRotaryFactor = 0.4 } },
        32,
        2_779_683_840,
        "{model.embed_tokens,lm_head}.weight 51200 2560",
        "lm_head.bias 51200",
        "model.final_layernorm.{weight,bias} 2560",
        "model.layers.#.input_layernorm.{weight,bias} 2560",
        "model.layers.#.self_attn.{q_proj,k_proj,v_proj,dense}.weight 2560 2560",
        "model.layers.#.self_attn.{q_proj,k_proj,v_proj,dense}.bias 2560",
        "model.layers.#.mlp.fc1.weight 10240 2560",
        "model.layers.#.mlp.fc1.bias 10240",
        "model.layers.#.mlp.fc2.weight 2560 10240",
        "model.layers.#.mlp.fc2.bias 2560");

    [Fact]
    public void Pythia6Point9B() => Check(
        "gpt_neox",
        new GptNeoxOptions { Architecture = new() { HiddenSize = 4096, IntermediateSize = 16384, NumHiddenLayers = 32, NumAttentionHeads = 32 } },
        32,
        6_857_302_016,
        "{gpt_neox.embed_in,embed_out}.weight 50432 4096",
        "gpt_neox.final_layer_norm.{weight,bias} 4096",
        "gpt_neox.layers.#.{input_layernorm,post_attention_layernorm}.weight 4096",
        "gpt_neox.layers.#.{input_layernorm,post_attention_layernorm}.bias 4096",
        "gpt_neox.layers.#.attention.query_key_value.weight 12288 4096",
        "gpt_neox.layers.#.attention.query_key_value.bias 12288",
        "gpt_neox.layers.#.attention.dense.weight 4096 4096",
        "gpt_neox.layers.#.attention.dense.bias 4096",
        "gpt_neox.layers.#.mlp.dense_h_to_4h.weight 16384 4096",
        "gpt_neox.layers.#.mlp.dense_h_to_4h.bias 16384",
        "gpt_neox.layers.#.mlp.dense_4h_to_h.weight 4096 16384",
        "gpt_neox.layers.#.mlp.dense_4h_to_h.bias 4096");

    [Fact]
    public void Opt6Point7B() => Check(
        "opt",
        new OptOptions { Architecture = new() { HiddenSize = 4096, FfnDim = 16384, NumHiddenLayers = 32, NumAttentionHeads = 32 } },
        32,
        6_658_473_984,
        ["model.decoder.embed_tokens.weight 50272 4096", "model.decoder.embed_positions.weight 2050 4096", "model.decoder.final_layer_norm.{weight,bias} 4096", .. OptLayer(4096, 16384)]);

    [Fact]
    public void Opt350M() => Check(
        "opt",
        new OptOptions { Architecture = new() { HiddenSize = 1024, FfnDim = 4096, NumHiddenLayers = 24, NumAttentionHeads = 16, WordEmbedProjDim = 512, DoLayerNormBefore = false } },
        24,
        331_196_416,
        [
            "model.decoder.embed_tokens.weight 50272 512", "model.decoder.embed_positions.weight 2050 1024", "model.decoder.project_in.weight 1024 512", "model.decoder.project_out.weight 512 1024",
            .. OptLayer(1024, 4096),
        ]);

    [Fact]
    public void Gpt2Of124M() => Check(
        "gpt2",
        new Gpt2Options { Architecture = new() },
        12,
        124_439_808,
        "transformer.wte.weight 50257 768",
        "transformer.wpe.weight 1024 768",
        "transformer.ln_f.{weight,bias} 768",
        "transformer.h.#.{ln_1,ln_2}.weight 768",
        "transformer.h.#.{ln_1,ln_2}.bias 768",
        "transformer.h.#.attn.c_attn.weight 768 2304",
        "transformer.h.#.attn.c_attn.bias 2304",
        "transformer.h.#.attn.c_proj.weight 768 768",
        "transformer.h.#.attn.c_proj.bias 768",
        "transformer.h.#.mlp.c_fc.weight 768 3072",
        "transformer.h.#.mlp.c_fc.bias 3072",
        "transformer.h.#.mlp.c_proj.weight 3072 768",
        "transformer.h.#.mlp.c_proj.bias 768");

    [Fact]
    public void ChatGlm6B() => Check(
        "chatglm",
        new ChatGlmOptions { Architecture = new() { VocabSize = 130528 } },
        28,
        6_173_286_400,
        "transformer.word_embeddings.weight 130528 4096",
        "transformer.final_layernorm.{weight,bias} 4096",
        "transformer.layers.#.{input_layernorm,post_attention_layernorm}.weight 4096",
        "transformer.layers.#.{input_layernorm,post_attention_layernorm}.bias 4096",
        "transformer.layers.#.attention.query_key_value.weight 12288 4096",
        "transformer.layers.#.attention.query_key_value.bias 12288",
        "transformer.layers.#.attention.dense.weight 4096 4096",
        "transformer.layers.#.attention.dense.bias 4096",
        "transformer.layers.#.mlp.dense_h_to_4h.weight 16384 4096",
        "transformer.layers.#.mlp.dense_h_to_4h.bias 16384",
        "transformer.layers.#.mlp.dense_4h_to_h.weight 4096 16384",
        "transformer.layers.#.mlp.dense_4h_to_h.bias 4096");

    [Fact]
    public void T5Small() => Check("t5", new T5Options { Architecture = new() }, 6, 60_506_624, [.. T5(512, 512, 2048, 8, gated: false)]);

    [Fact]
    public void FlanT5Base() => Check(
        "flan_t5",
        new T5Options { Architecture = new() { DModel = 768, DFf = 2048, NumLayers = 12, NumHeads = 12, FeedForwardProj = "gated-gelu", TieWordEmbeddings = false } },
        12,
        247_577_856,
        [.. T5(768, 768, 2048, 12, gated: true), "lm_head.weight 32128 768"]);

    [Fact]
    public void FlanT5Xxl() => Check(
        "flan_t5",
        new T5Options { Architecture = new() { DModel = 4096, DFf = 10240, NumLayers = 24, NumHeads = 64, FeedForwardProj = "gated-gelu", TieWordEmbeddings = false } },
        24,
        11_135_332_352,
        [.. T5(4096, 4096, 10240, 64, gated: true), "lm_head.weight 32128 4096"]);

    /// <summary>The count is that of the shapes, since the paper says 20 billion alone.</summary>
    [Fact]
    public void Ul2() => Check(
        "ul2",
        new T5Options { Architecture = new() { DModel = 4096, DKv = 256, DFf = 16384, NumLayers = 32, NumHeads = 16, FeedForwardProj = "gated-silu", TieWordEmbeddings = false } },
        32,
        19_591_209_984,
        [.. T5(4096, 4096, 16384, 16, gated: true), "lm_head.weight 32128 4096"]);

    /// <summary>PaLM has no published checkpoint: the counts are those of the paper's table 1, in billions, whose last digit is not certain.</summary>
    [Theory]
    [InlineData(32, 16, 4096, 8.63)]
    [InlineData(64, 32, 8192, 62.50)]
    [InlineData(118, 48, 18432, 540.35)]
    public void Palm(int layers, int heads, int width, double billions)
    {
        var sizes = new PalmArchitecture { HiddenSize = width, IntermediateSize = 4 * width, NumHiddenLayers = layers, NumAttentionHeads = heads };
        using var model = TinyLanguageModels.Build("palm", ScalarType.Float16, options: new PalmOptions { Architecture = sizes }, device: META);
        Assert.Equal(billions, model.Module.parameters().Sum(parameter => parameter.numel()) / 1e9, 0.01);
        Assert.DoesNotContain(model.Module.named_parameters(), pair => pair.name.Contains("bias", StringComparison.Ordinal));
    }

    private static string[] OptLayer(int width, int inner) =>
    [
        $"model.decoder.layers.#.self_attn.{{q_proj,k_proj,v_proj,out_proj}}.weight {width} {width}",
        $"model.decoder.layers.#.self_attn.{{q_proj,k_proj,v_proj,out_proj}}.bias {width}",
        $"model.decoder.layers.#.{{self_attn_layer_norm,final_layer_norm}}.weight {width}",
        $"model.decoder.layers.#.{{self_attn_layer_norm,final_layer_norm}}.bias {width}",
        $"model.decoder.layers.#.fc1.weight {inner} {width}",
        $"model.decoder.layers.#.fc1.bias {inner}",
        $"model.decoder.layers.#.fc2.weight {width} {inner}",
        $"model.decoder.layers.#.fc2.bias {width}",
    ];

    private static string[] T5(int width, int heads, int inner, int count, bool gated)
    {
        var into = gated ? "{wi_0,wi_1}" : "wi";
        return
        [
            $"shared.weight 32128 {width}",
            $"{{encoder,decoder}}.final_layer_norm.weight {width}",
            $"{{encoder,decoder}}.block.0.layer.0.SelfAttention.relative_attention_bias.weight 32 {count}",
            $"{{encoder,decoder}}.block.#.layer.0.layer_norm.weight {width}",
            $"{{encoder,decoder}}.block.#.layer.1.layer_norm.weight {width}",
            $"decoder.block.#.layer.2.layer_norm.weight {width}",
            $"encoder.block.#.layer.0.SelfAttention.{{q,k,v}}.weight {heads} {width}",
            $"encoder.block.#.layer.0.SelfAttention.o.weight {width} {heads}",
            $"decoder.block.#.layer.0.SelfAttention.{{q,k,v}}.weight {heads} {width}",
            $"decoder.block.#.layer.0.SelfAttention.o.weight {width} {heads}",
            $"decoder.block.#.layer.1.EncDecAttention.{{q,k,v}}.weight {heads} {width}",
            $"decoder.block.#.layer.1.EncDecAttention.o.weight {width} {heads}",
            $"encoder.block.#.layer.1.DenseReluDense.{into}.weight {inner} {width}",
            $"encoder.block.#.layer.1.DenseReluDense.wo.weight {width} {inner}",
            $"decoder.block.#.layer.2.DenseReluDense.{into}.weight {inner} {width}",
            $"decoder.block.#.layer.2.DenseReluDense.wo.weight {width} {inner}",
        ];
    }

    private static void Check(string kind, object options, int layers, long count, params string[] lines)
    {
        using var model = TinyLanguageModels.Build(kind, ScalarType.Float16, options: options, device: META);
        var actual = model.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        var expected = lines.SelectMany(line => Expand(line, layers)).ToDictionary(StringComparer.Ordinal);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, shape) in expected) Assert.Equal(shape, actual[name]);
        Assert.Equal(count, model.Module.parameters().Sum(parameter => parameter.numel()));
    }

    private static IEnumerable<(string Name, long[] Shape)> Expand(string line, int layers)
    {
        var words = line.Split(' ');
        var (open, close) = (words[0].IndexOf('{', StringComparison.Ordinal), words[0].IndexOf('}', StringComparison.Ordinal));
        string[] names = open < 0 ? [words[0]] : [.. words[0][(open + 1)..close].Split(',').Select(each => words[0][..open] + each + words[0][(close + 1)..])];
        var shape = words[1..].Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return names.SelectMany(name => name.Contains('#', StringComparison.Ordinal)
            ? Enumerable.Range(0, layers).Select(i => (name.Replace("#", $"{i}", StringComparison.Ordinal), shape))
            : [(name, shape)]);
    }
}
