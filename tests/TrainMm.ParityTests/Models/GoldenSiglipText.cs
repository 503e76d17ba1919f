using TorchSharp.Modules;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders.Vision;
using TrainMm.Models.Layers;
using TrainMm.ParityTests.Golden;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>SigLIP's text tower, which no multimodal LLM uses: it is here so that the case's loss reaches the vision tower.</summary>
internal sealed class GoldenSiglipText : IDisposable
{
    private readonly ModuleScope scope = new("text", ScalarType.Float32, CPU, new TrainablePaths(["text"]));
    private readonly TokenEmbedding words;
    private readonly Parameter positions;
    private readonly PreNormStack layers;
    private readonly LayerNorm lastNorm;
    private readonly DenseLinear head;

    public GoldenSiglipText(GoldenCase golden)
    {
        var config = golden.Config.Section("text_config");
        var width = config.Integer("hidden_size", 768);
        var epsilon = config.Number("layer_norm_eps", 1e-6);
        var sizes = new PreNormSizes(width, config.Integer("intermediate_size", 3072), config.Integer("num_attention_heads", 12), config.Text("hidden_act", "gelu_pytorch_tanh"), epsilon);
        var place = scope.Child("text_model");
        words = new TokenEmbedding(config.Integer("vocab_size", 32000), width, place.Child("embeddings").Child("token_embedding"));
        positions = place.Child("embeddings").Child("position_embedding").Parameter("weight", config.Integer("max_position_embeddings", 64), width);
        layers = new PreNormStack(sizes, config.Integer("num_hidden_layers", 12), place.Child("encoder"));
        lastNorm = new LayerNorm(width, epsilon, place.Child("final_layer_norm"));
        var last = place.Child("head");
        head = new DenseLinear(last.Parameter("weight", width, width), last.Parameter("bias", width));
        Scale = scope.Parameter("logit_scale", 1);
        Bias = scope.Parameter("logit_bias", 1);
        using var source = WeightSource.Open(golden.Folder);
        WeightLoader.Load(scope.Parameters, source, new KeyMap("SiglipModel", [new("vision_model.", null), new("", "")], [".position_ids"]));
    }

    public IReadOnlyDictionary<string, Parameter> Parameters => scope.Parameters;

    public Parameter Scale { get; }

    public Parameter Bias { get; }

    /// <summary>[B, T] → [B, D]: the last position's vector.</summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="mask">[B, T], 0 where nobody looks; null where all may be looked at.</param>
    public Tensor Pooled(Tensor ids, Tensor? mask)
    {
        var hidden = mask?.eq(0).unsqueeze(1).unsqueeze(1).expand(ids.shape[0], 1, ids.shape[1], ids.shape[1]);
        var added = hidden is null ? null : zeros(hidden.shape).masked_fill(hidden, finfo(ScalarType.Float32).min);

        var x = words.Forward(ids).add(positions.narrow(0, 0, ids.shape[1]));    // [B, T, D]
        return head.Forward(lastNorm.Forward(layers.Forward(x, mask: added)).select(1, -1));  // [B, D]
    }

    public void Dispose()
    {
        foreach (var parameter in scope.Parameters.Values) parameter.Dispose();
    }
}
