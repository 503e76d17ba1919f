using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Peft.Lora;

/// <summary>
/// A linear layer with a low-rank delta beside it (LoRA, arXiv:2106.09685, section 4.1): y = x Wᵀ + b + s (x Aᵀ) Bᵀ. The frozen weight keeps its official name;
/// A and B are fp32 masters, <c>lora_A.weight</c> [r, in] and <c>lora_B.weight</c> [out, r].
/// </summary>
public sealed class LoraLinear : LinearLayer
{
    private readonly Parameter down;
    private readonly Parameter up;
    private readonly double scale;
    private readonly double dropout;
    private readonly bool mediaOnly;
    private bool merged;

    /// <summary>Puts the delta beside a layer.</summary>
    /// <param name="layer">The layer; its parameters are taken over.</param>
    /// <param name="down">A, [r, in].</param>
    /// <param name="up">B, [out, r].</param>
    /// <param name="scale">s.</param>
    /// <param name="dropout">Dropout on A's input, in training.</param>
    /// <param name="mediaOnly">Whether the delta acts at media positions alone (partial LoRA).</param>
    public LoraLinear(LinearLayer layer, Parameter down, Parameter up, double scale, double dropout, bool mediaOnly)
        : base(nameof(LoraLinear), layer.Weight, layer.Bias, layer.IsTransposed)
    {
        this.down = down;
        this.up = up;
        this.scale = scale;
        this.dropout = dropout;
        this.mediaOnly = mediaOnly;
        Add("weight", layer.Weight);
        if (layer.Bias is not null) Add("bias", layer.Bias);
        Add("lora_A", new Matrix(down));
        Add("lora_B", new Matrix(up));
    }

    /// <inheritdoc/>
    protected override Tensor Map(Tensor input, Tensor? mediaRows)
    {
        var rows = input.reshape(-1, InFeatures);                          // [R, in]
        var y = merged || mediaOnly || IsChained ? Chain(rows, mediaRows) : LoraProduct.apply(rows, IsTransposed ? Weight.t() : Weight, Bias!, down, up, scale); // [R, out]
        return y.view([.. input.shape[..^1], OutFeatures]);                // [..., out]
    }

    /// <summary>Adds the delta to the weight.</summary>
    /// <exception cref="InvalidOperationException">The delta is there already, or acts at media positions alone.</exception>
    public void Merge()
    {
        if (mediaOnly) throw new InvalidOperationException("A partial LoRA acts at media positions alone: it cannot become part of the weight.");
        if (merged) throw new InvalidOperationException("The LoRA is merged already.");
        AddToWeight(scale);
        merged = true;
    }

    /// <summary>Takes the delta out of the weight again.</summary>
    /// <exception cref="InvalidOperationException">The delta is not in the weight.</exception>
    public void Unmerge()
    {
        if (!merged) throw new InvalidOperationException("The LoRA is not merged.");
        AddToWeight(-scale);
        merged = false;
    }

    /// <summary>Whether the product's gradient is left to the chain of operators: where the delta sees another input than the weight, or the weight is trained itself.</summary>
    private bool IsChained => (dropout > 0 && training) || Weight.requires_grad || Bias is { requires_grad: true };

    private Tensor Chain(Tensor rows, Tensor? mediaRows)
    {
        var y = DenseLinear.Apply(rows, this);                             // [R, out]
        if (merged) return y;
        return mediaOnly ? AddAtMedia(y, rows, mediaRows) : AddDelta(y, rows);
    }

    /// <summary>Adds the delta to y, [R, out], in one pass over it: s is applied in the narrow space, and the product is added where y lies.</summary>
    private Tensor AddDelta(Tensor y, Tensor rows) => y.addmm_(Narrow(rows), up.CastTo(rows.dtype).t());

    /// <summary>Adds the delta in the media's rows; the others are not touched, not even by a zero.</summary>
    private Tensor AddAtMedia(Tensor y, Tensor rows, Tensor? mediaRows)
    {
        if (mediaRows is null) return y;
        var delta = DenseLinear.Apply(Narrow(rows.index_select(0, mediaRows)), up, bias: null); // [M, out]
        return y.index_add(0, mediaRows, delta, 1);                                             // [R, out]
    }

    /// <summary>s (x Aᵀ): [R, in] → [R, r].</summary>
    private Tensor Narrow(Tensor rows)
    {
        var x = dropout > 0 && training ? nn.functional.dropout(rows, dropout) : rows;
        return DenseLinear.Apply(x, down, bias: null).mul(scale);
    }

    private void AddToWeight(double factor)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var delta = up.matmul(down).mul(factor);                           // [out, in]
        var weight = Weight.detach();
        weight.copy_(weight.CastTo(delta.dtype).add(IsTransposed ? delta.t() : delta));
    }

    private sealed class Matrix : NamedModule
    {
        public Matrix(Parameter weight)
            : base(nameof(Matrix))
        {
            Add("weight", weight);
        }
    }
}
