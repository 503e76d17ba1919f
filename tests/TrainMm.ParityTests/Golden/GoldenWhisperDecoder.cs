using TorchSharp.Modules;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Golden;

/// <summary>
/// The decoder of a Whisper case, which no part of the product needs: the reference's loss and gradients go through it, so it is written out here, over the checkpoint's own names.
/// </summary>
internal sealed class GoldenWhisperDecoder
{
    private const string Prefix = "model.decoder.";
    private readonly int heads;
    private readonly int layers;
    private readonly long start;
    private readonly long padding;
    private readonly Func<Tensor, Tensor> activation;

    public GoldenWhisperDecoder(HuggingFaceConfig config, WeightSource source, ScalarType dtype)
    {
        heads = config.Integer("decoder_attention_heads", 6);
        layers = config.Integer("decoder_layers", 4);
        start = config.Integer("decoder_start_token_id", 50257);
        padding = config.Integer("pad_token_id", 50256);
        activation = Activation.Of(config.Text("activation_function", "gelu"));
        Parameters = source.Names.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) || name == "proj_out.weight")
            .ToDictionary(name => name, name => new Parameter(source.Read(name, dtype)), StringComparer.Ordinal);
    }

    /// <summary>By the checkpoint's names.</summary>
    public IReadOnlyDictionary<string, Parameter> Parameters { get; }

    /// <summary>[B, T] labels and [B, N, De] features → [B, T, V].</summary>
    /// <param name="labels">[B, T], −100 where there is none.</param>
    /// <param name="features">[B, N, De].</param>
    /// <param name="observe">Called with each hidden state in turn, the last behind the norm.</param>
    public Tensor Logits(Tensor labels, Tensor features, Action<Tensor>? observe = null)
    {
        var (batch, length) = (labels.shape[0], labels.shape[1]);
        var shifted = cat([full([batch, 1], start, ScalarType.Int64), labels.narrow(1, 0, length - 1)], 1);
        var ids = shifted.masked_fill(shifted.eq(-100), padding);                                              // [B, T]
        var x = Parameters[$"{Prefix}embed_tokens.weight"].index_select(0, ids.reshape(-1)).view(batch, length, -1);
        x = x.add(Parameters[$"{Prefix}embed_positions.weight"].narrow(0, 0, length));                         // [B, T, D]
        var mask = Attention.CausalMask(length, 0, attended: null, x.dtype, x.device);
        for (var i = 0; i < layers; i++)
        {
            observe?.Invoke(x);
            var layer = $"layers.{i}.";
            var normed = Norm(x, $"{layer}self_attn_layer_norm");
            x = x.add(Attend(normed, normed, $"{layer}self_attn", mask));
            x = x.add(Attend(Norm(x, $"{layer}encoder_attn_layer_norm"), features, $"{layer}encoder_attn", mask: null));
            x = x.add(Linear(activation(Linear(Norm(x, $"{layer}final_layer_norm"), $"{layer}fc1")), $"{layer}fc2"));
        }

        x = Norm(x, "layer_norm");
        observe?.Invoke(x);
        return nn.functional.linear(x, Parameters.GetValueOrDefault("proj_out.weight") ?? Parameters[$"{Prefix}embed_tokens.weight"]);
    }

    private Tensor Attend(Tensor from, Tensor to, string name, Tensor? mask)
    {
        var q = Attention.Split(Linear(from, $"{name}.q_proj"), heads);
        var k = Attention.Split(Linear(to, $"{name}.k_proj"), heads);
        var v = Attention.Split(Linear(to, $"{name}.v_proj"), heads);
        return Linear(Attention.Attend(q, k, v, mask), $"{name}.out_proj");
    }

    private Tensor Linear(Tensor x, string name) => nn.functional.linear(x, Parameters[$"{Prefix}{name}.weight"], Parameters.GetValueOrDefault($"{Prefix}{name}.bias"));

    private Tensor Norm(Tensor x, string name) => nn.functional.layer_norm(x, [x.shape[^1]], Parameters[$"{Prefix}{name}.weight"], Parameters[$"{Prefix}{name}.bias"]);
}
